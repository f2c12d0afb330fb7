{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='posting_month',
    on_schema_change='sync_all_columns',
    pre_hook="{{ delete_changed_months() }}"
) }}

{%- set months = cube_months() %}
{%- set stale = stale_cube_months(months) %}

with postings as (
    select
        months.posting_month,
        months.input_fingerprint,
        postings.title_id,
        postings.industry_id,
        postings.city,
        postings.country
    from {{ ref('int_counted_postings') }} as postings
    inner join (values {{ month_values(stale) }}) as months (posting_month, input_fingerprint)
        on postings.posting_month = months.posting_month
    where postings.posting_month in ({{ month_literals(stale) }})
)

-- One dimension at a time: month by title by industry by city together would have nearly a row per posting.
select
    posting_month,
    title_id,
    case when grouping(industry_id) = 0 then 'industry' else 'city' end as dimension,
    case when grouping(industry_id) = 0 then industry_id else city end as value,
    case when grouping(industry_id) = 1 then country end as country,
    count(*) as postings,
    input_fingerprint
from postings
group by grouping sets (  -- noqa: PRS
    (posting_month, input_fingerprint, title_id, industry_id),
    (posting_month, input_fingerprint, title_id, city, country)
)
