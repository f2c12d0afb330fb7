{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='posting_month',
    on_schema_change='sync_all_columns',
    pre_hook="{{ delete_changed_months(role_settings()) }}"
) }}

{%- set months = cube_months(role_settings()) %}
{%- set stale = stale_cube_months(months) %}

-- Skills are long lists, and only the fields in depth show them.
with fields as (
    select distinct title_id
    from {{ ref('int_role_titles') }}
    where role_id <> 'all'
)

select
    postings.posting_month,
    postings.title_id,
    postings.industry_id,
    postings.city,
    postings.country,
    postings.employer_size_band,
    postings.education_floor,
    postings.experience_band,
    postings.pay_currency,
    postings.pay_monthly,
    postings.employer_group,
    case when fields.title_id is not null then postings.skill_ids end as skill_ids,
    months.input_fingerprint
from {{ ref('int_classified_postings') }} as postings
inner join (values {{ month_values(stale) }}) as months (posting_month, input_fingerprint)
    on postings.posting_month = months.posting_month
left join fields on postings.title_id = fields.title_id
-- As literals, so that months which stay are not even read.
where postings.posting_month in ({{ month_literals(stale) }})
