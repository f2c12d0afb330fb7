{{ config(materialized='monthly', meta={'of_roles': true}) }}

with cells as (
    select
        scope_id,
        role_id,
        pay_currency,
        city,
        country,
        employer_group,
        count(*) as postings,
        count(pay_monthly) as stating,
        coalesce(sum(pay_monthly), 0)::decimal(38, 3) as pay
    from (
        {{ role_postings(
            ['postings.pay_currency', 'postings.city', 'postings.country', 'postings.employer_group', 'postings.pay_monthly'],
            ref('int_counted_postings') ~ ' as postings',
            'postings.posting_month = ' ~ this_month(),
        ) }}
    )
    group by all
)

select
    {{ this_month() }} as posting_month,
    scope_id,
    role_id,
    coalesce(pay_currency, 'not stated') as currency,
    coalesce(city, 'not stated') as city,
    case when city is null then '' else coalesce(country, 'not stated') end as country,
    employer_group,
    sum(postings)::bigint as postings,
    sum(stating)::bigint as stating,
    sum(pay)::decimal(38, 3) as pay,
    {{ this_fingerprint() }} as input_fingerprint
from cells
group by all
