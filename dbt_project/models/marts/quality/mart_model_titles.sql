-- sqlfluff:exclude_rules:ST06,RF01,RF03
-- (The linter takes fields of a struct for columns of a table.)
with scores as (
    select
        evaluation,
        unnest(per_class) as score
    from {{ ref('stg_model_scores') }}
)

select
    scores.evaluation,
    scores.score.title_id,
    coalesce(titles.title_en, scores.score.title_id) as title_en,
    titles.title_zh,
    scores.score.labels,
    scores.score.predicted,
    round(scores.score.precision, 6) as precision,
    round(scores.score.recall, 6) as recall,
    round(scores.score.f1, 6) as f1,
    {{ flag_list([['few_labels', 'scores.score.labels < ' ~ var('min_labels')]]) }} as flags,
    {{ version_columns() }}
from scores
cross join {{ ref('int_versions') }} as versions
left join {{ ref('int_titles') }} as titles on scores.score.title_id = titles.title_id
order by scores.evaluation, scores.score.title_id
