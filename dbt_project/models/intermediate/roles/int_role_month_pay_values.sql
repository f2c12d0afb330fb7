{{ config(materialized='monthly', meta={'of_roles': true}) }}

select
    {{ this_month() }} as posting_month,
    scope_id,
    role_id,
    coalesce(pay_currency, 'not stated') as currency,
    coalesce(city, 'not stated') as city,
    case when city is null then '' else coalesce(country, 'not stated') end as country,
    pay_monthly,
    count(*) as postings,
    {{ this_fingerprint() }} as input_fingerprint
from (
    {{ role_postings(
        ['postings.pay_currency', 'postings.city', 'postings.country', 'postings.pay_monthly'],
        ref('int_counted_postings') ~ ' as postings',
        'postings.pay_monthly is not null and postings.posting_month = ' ~ this_month(),
    ) }}
)
group by all
