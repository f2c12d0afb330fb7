with labels as (
    select
        coalesce(method, 'given') as aggregator,
        count(*) as labels,
        count(distinct title_id) as titles,
        -- DECIMALs: sums of doubles vary with the order of the rows.
        avg(confidence::decimal(12, 9))::double as mean_confidence,
        avg(agreement::decimal(12, 9))::double as mean_agreement,
        count(*) filter (where agreement = 1 and answers > 1) as unanimous,
        count(*) filter (where answers = 1) as single_answer,
        sum(answers)::bigint as answers
    from {{ ref('stg_labels') }}
    group by all
),

workers as (
    select
        count(*) as workers,
        count(*) filter (where not used) as workers_not_used,
        coalesce(sum(gold_answers) filter (where used), 0)::bigint as gold_answers,
        coalesce(sum(gold_right) filter (where used), 0)::bigint as gold_right,
        sum(gold_right) filter (where used) / nullif(sum(gold_answers) filter (where used), 0)::double
            as gold_accuracy
    from {{ ref('stg_workers') }}
    having count(*) > 0
),

crowd as (
    select
        workers.*,
        (select count(*) from {{ ref('stg_answers') }}) as given_answers,
        (select count(*) from {{ ref('stg_rejected_answers') }}) as rejected_answers
    from workers
)

select
    labels.aggregator as method,
    labels.labels,
    labels.titles,
    round(labels.mean_confidence, 6) as mean_confidence,
    round(labels.mean_agreement, 6) as mean_agreement,
    labels.unanimous,
    labels.single_answer,
    labels.answers,
    crowd.given_answers,
    crowd.rejected_answers,
    crowd.workers,
    crowd.workers_not_used,
    crowd.gold_answers,
    round(crowd.gold_accuracy, 6) as gold_accuracy,
    round({{ wilson('crowd.gold_accuracy', 'crowd.gold_answers', '-') }}, 6) as gold_accuracy_low,
    round({{ wilson('crowd.gold_accuracy', 'crowd.gold_answers', '+') }}, 6) as gold_accuracy_high,
    {{ version_columns() }}
from labels
cross join {{ ref('int_versions') }} as versions
left join crowd on true
order by labels.aggregator
