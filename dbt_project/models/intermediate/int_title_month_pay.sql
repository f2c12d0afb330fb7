{{ config(materialized='monthly') }}

select
    posting_month,
    title_id,
    coalesce(pay_currency, 'not stated') as currency,
    pay_monthly,
    count(*) as postings,
    {{ this_fingerprint() }} as input_fingerprint
from {{ ref('int_counted_postings') }}
where posting_month = {{ this_month() }} and pay_monthly is not null
group by all
