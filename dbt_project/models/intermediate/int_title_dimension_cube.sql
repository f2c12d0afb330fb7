{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='posting_month',
    on_schema_change='sync_all_columns',
    pre_hook="{{ delete_changed_months() }}"
) }}

{%- set months = cube_months() %}
{%- set stale = stale_cube_months(months) %}

-- One dimension at a time: month by title by industry by city together would have nearly a row per posting.
with cells as (
    select
        posting_month,
        title_id,
        'industry' as dimension,
        industry_id as value,
        cast(null as varchar) as country,
        count(*) as postings
    from {{ ref('int_counted_postings') }}
    where posting_month in ({{ month_literals(stale) }})
    group by all
    union all
    select
        posting_month,
        title_id,
        'city' as dimension,
        city as value,
        country,
        count(*) as postings
    from {{ ref('int_counted_postings') }}
    where posting_month in ({{ month_literals(stale) }})
    group by all
)

select
    cells.*,
    months.input_fingerprint
from cells
inner join (values {{ month_values(stale) }}) as months (posting_month, input_fingerprint)
    on cells.posting_month = months.posting_month
