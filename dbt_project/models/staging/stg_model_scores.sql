-- sqlfluff:exclude_rules:ST06,RF01,RF03
-- (The linter takes fields of a struct for columns of a table.)
with cards as (
    select
        encoder.name as encoder,
        cross_fitted,
        labels,
        titles,
        random,
        by_employer
    from {{ document('title_model') }}
),

scored as (
    select
        'random' as evaluation,
        encoder,
        cross_fitted,
        labels,
        titles,
        random as score
    from cards
    union all
    select
        'by_employer' as evaluation,
        encoder,
        cross_fitted,
        labels,
        titles,
        by_employer as score
    from cards
)

select
    evaluation,
    encoder,
    cross_fitted,
    labels,
    titles,
    score.rows as held_out,
    score.accuracy,
    score.top_5,
    score.macro_f1,
    score.calibration_error,
    score.calibration,
    score.per_class
from scored
where score is not null
