-- sqlfluff:exclude_rules:ST06,RF01,RF03
-- (The linter takes fields of a struct for columns of a table.)
with bins as (
    select
        evaluation,
        unnest(calibration) as bin
    from {{ ref('stg_model_scores') }}
)

select
    bins.evaluation,
    bins.bin.low as probability_from,
    bins.bin.high as probability_to,
    bins.bin.predictions,
    round(bins.bin.mean_probability, 6) as mean_probability,
    round(bins.bin.accuracy, 6) as accuracy,
    round({{ wilson('bins.bin.accuracy', 'bins.bin.predictions', '-') }}, 6) as accuracy_low,
    round({{ wilson('bins.bin.accuracy', 'bins.bin.predictions', '+') }}, 6) as accuracy_high,
    {{ version_columns() }}
from bins
cross join {{ ref('int_versions') }} as versions
order by bins.evaluation, bins.bin.low
