{{ config(materialized='table') }}

with wholes as (
    select
        pair,
        scope_id,
        role_id,
        city,
        country,
        sum(postings)::bigint as postings
    from {{ ref('int_role_pay_groups') }}
    group by all
),

sums as (
    select
        pair,
        scope_id,
        role_id,
        currency,
        city,
        country,
        sum(stating)::bigint as stating_pay,
        sum(pay)::decimal(38, 3) as pay,
        -- Whole units of money: cents are lost in the spread of a mean, and nowhere else.
        sum(pay::decimal(19, 0) * pay::decimal(19, 0))::double as pay_squares,
        sum(pay::decimal(19, 0) * stating::decimal(19, 0))::double as products,
        sum(stating * stating)::double as squares,
        count(*) as employer_groups
    from {{ ref('int_role_pay_groups') }}
    where stating > 0
    group by all
),

means as (
    select
        *,
        pay::double / stating_pay as mean,
        stating_pay::double * stating_pay / squares as employers_effective,
        -- The mean is a ratio of two sums over groups of employers: its spread is that of their residuals.
        sqrt(
            greatest(
                pay_squares
                - 2 * (pay::double / stating_pay) * products
                + (pay::double / stating_pay) * (pay::double / stating_pay) * squares,
                0
            ) * employer_groups / nullif(employer_groups - 1, 0)
        ) / stating_pay as mean_se
    from sums
)

select
    means.pair,
    means.scope_id,
    means.role_id,
    means.currency,
    means.city,
    means.country,
    wholes.postings,
    means.stating_pay,
    {{ share('means.stating_pay', 'wholes.postings') }} as share_stating_pay,
    round(means.mean, 2) as mean_monthly,
    case
        when means.employers_effective >= {{ var('min_employers') }}
            then round(means.mean - 1.959964 * means.mean_se, 2)
    end as mean_low,
    case
        when means.employers_effective >= {{ var('min_employers') }}
            then round(means.mean + 1.959964 * means.mean_se, 2)
    end as mean_high,
    quantiles.median_monthly,
    quantiles.p25_monthly,
    quantiles.p75_monthly,
    round(means.employers_effective, 2) as employers_effective,
    row_number() over (
        partition by means.pair, means.scope_id, means.role_id, means.city, means.country
        order by means.stating_pay desc, means.currency asc
    ) = 1 as is_main_currency
from means
inner join wholes
    on
        means.pair = wholes.pair
        and means.scope_id = wholes.scope_id
        and means.role_id = wholes.role_id
        and means.city = wholes.city
        and means.country = wholes.country
inner join {{ ref('int_role_pay_quantiles') }} as quantiles
    on
        means.pair = quantiles.pair
        and means.scope_id = quantiles.scope_id
        and means.role_id = quantiles.role_id
        and means.currency = quantiles.currency
        and means.city = quantiles.city
        and means.country = quantiles.country
