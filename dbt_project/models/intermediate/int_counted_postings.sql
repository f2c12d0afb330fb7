{{ config(materialized='monthly', meta={'of_roles': true}) }}

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
    {{ this_fingerprint() }} as input_fingerprint
from {{ ref('int_classified_postings') }} as postings
left join fields on postings.title_id = fields.title_id
where postings.posting_month = {{ this_month() }}
