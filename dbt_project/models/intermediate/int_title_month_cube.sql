{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='posting_month',
    on_schema_change='sync_all_columns',
    pre_hook="{{ delete_changed_months() }}"
) }}

{%- set months = cube_months() %}
{%- set stale = stale_cube_months(months) %}

select
    postings.posting_month,
    postings.title_id,
    count(*) as postings,
    months.input_fingerprint
from {{ ref('int_counted_postings') }} as postings
inner join (values {{ month_values(stale) }}) as months (posting_month, input_fingerprint)
    on postings.posting_month = months.posting_month
where postings.posting_month in ({{ month_literals(stale) }})
group by all
