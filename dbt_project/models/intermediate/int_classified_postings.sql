-- A left join: a posting without a classification must be seen (title_id is tested), not lost.
select
    postings.posting_id,
    postings.source,
    postings.posting_month,
    postings.employer_id,
    postings.industry,
    postings.city,
    postings.country,
    postings.pay_currency,
    classifications.title_id,
    -- Midpoint of the monthly range, or the one end that is given. Three decimals hold half a cent exactly.
    case
        when postings.pay_monthly_min is not null and postings.pay_monthly_max is not null
            then ((postings.pay_monthly_min + postings.pay_monthly_max) * 0.5)::decimal(18, 3)
        else coalesce(postings.pay_monthly_min, postings.pay_monthly_max)::decimal(18, 3)
    end as pay_monthly
from {{ ref('stg_postings') }} as postings
left join {{ ref('stg_classifications') }} as classifications
    on
        postings.posting_month = classifications.posting_month
        and postings.posting_id = classifications.posting_id
