-- A left join: a posting without a classification must be seen (title_id is tested), not lost.
select
    postings.posting_id,
    postings.source,
    postings.posting_month,
    postings.employer_id,
    postings.industry_id,
    postings.city,
    postings.country,
    postings.employer_size_band,
    postings.education_floor,
    postings.pay_currency,
    postings.skill_ids,
    classifications.title_id,
    -- One of 256 random groups of employers: whole employers, so that a figure's spread over the groups
    -- carries how alike the postings of one employer are. A posting without an employer stands for itself.
    -- Both ids are hexadecimal hashes, so their first two digits are as random as any.
    coalesce(
        try_cast('0x' || left(coalesce(postings.employer_id, postings.posting_id), 2) as utinyint),
        unicode(coalesce(postings.employer_id, postings.posting_id)) % 256
    )::utinyint as employer_group,
    experience.band as experience_band,
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
left join {{ ref('int_experience_years') }} as experience
    on
        -- The least that is asked for, as in postings.normalise.experience; "up to one year" asks for less.
        case
            when postings.experience_min is null and postings.experience_max <= 1 then 0
            when postings.experience_min = 0 then -1
            when postings.experience_min >= 40 then 40
            else floor(postings.experience_min)
        end::tinyint = experience.years
