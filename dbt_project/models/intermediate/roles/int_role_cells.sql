{{ config(materialized='table') }}

with windowed as (
    select
        windows.pair,
        cells.scope_id,
        cells.role_id,
        cells.dimension,
        cells.value,
        cells.country,
        cells.employer_group,
        coalesce(sum(cells.postings) filter (where {{ in_window('cells.posting_month', 'base') }}), 0)::bigint
            as base,
        coalesce(
            sum(cells.postings) filter (where {{ in_window('cells.posting_month', 'current') }}), 0
        )::bigint as current
    from {{ ref('int_windows') }} as windows
    inner join {{ ref('int_role_month_cells') }} as cells
        on
            {{ in_window('cells.posting_month', 'base') }}
            or {{ in_window('cells.posting_month', 'current') }}
    group by all
),

-- What a share is a share of: the postings that state the dimension. A posting may ask for several skills,
-- so skills are shares of all postings.
wholes as (
    select
        pair,
        scope_id,
        role_id,
        dimension,
        employer_group,
        sum(base)::bigint as base,
        sum(current)::bigint as current
    from windowed
    where value <> 'not stated' and dimension <> 'skill'
    group by all
    union all
    select
        pair,
        scope_id,
        role_id,
        'skill' as dimension,
        employer_group,
        base,
        current
    from windowed
    where dimension = 'all'
),

whole_sums as (
    select
        pair,
        scope_id,
        role_id,
        dimension,
        sum(base)::bigint as base_stating,
        sum(current)::bigint as current_stating,
        sum(current * current)::bigint as squares,
        count(*) filter (where current > 0) as employer_groups
    from wholes
    group by all
),

sums as (
    select
        windowed.pair,
        windowed.scope_id,
        windowed.role_id,
        windowed.dimension,
        windowed.value,
        windowed.country,
        sum(windowed.base)::bigint as base_postings,
        sum(windowed.current)::bigint as current_postings,
        sum(windowed.base * windowed.base)::bigint as base_squares,
        sum(windowed.current * windowed.current)::bigint as current_squares,
        sum(windowed.base * windowed.current)::bigint as products,
        sum(windowed.current * coalesce(wholes.current, 0))::bigint as products_with_whole,
        count(*) as employer_groups
    from windowed
    left join wholes
        on
            windowed.pair = wholes.pair
            and windowed.scope_id = wholes.scope_id
            and windowed.role_id = wholes.role_id
            and windowed.dimension = wholes.dimension
            and windowed.employer_group = wholes.employer_group
    group by all
),

-- Sums of squared residuals over the groups of employers, from integer sums: the same in every run.
spread as (
    select
        sums.*,
        coalesce(whole_sums.base_stating, 0) as base_stating,
        coalesce(whole_sums.current_stating, 0) as current_stating,
        case
            when sums.value <> 'not stated'
                then sums.base_postings / nullif(whole_sums.base_stating, 0)::double
        end as base_share,
        case
            when sums.value <> 'not stated'
                then sums.current_postings / nullif(whole_sums.current_stating, 0)::double
        end as share,
        whole_sums.squares as whole_squares,
        whole_sums.employer_groups as whole_groups
    from sums
    left join whole_sums
        on
            sums.pair = whole_sums.pair
            and sums.scope_id = whole_sums.scope_id
            and sums.role_id = whole_sums.role_id
            and sums.dimension = whole_sums.dimension
),

variances as (
    select
        *,
        greatest(current_squares - 2 * share * products_with_whole + share * share * whole_squares, 0)
        / nullif(current_stating::double * current_stating, 0)
        * whole_groups / nullif(whole_groups - 1, 0) as share_variance,
        sqrt(
            greatest(
                current_squares / nullif(current_postings::double * current_postings, 0)
                - 2.0 * products / nullif(current_postings::double * base_postings, 0)
                + base_squares / nullif(base_postings::double * base_postings, 0),
                0
            )
            * employer_groups / nullif(employer_groups - 1, 0)
        ) as log_ratio_se,
        current_postings / nullif(base_postings, 0)::double as ratio,
        current_postings::double * current_postings / nullif(current_squares, 0) as employers_effective
    from spread
),

effective as (
    select
        *,
        -- The postings that would be as sure if employers did not post in bunches; never more than there are.
        case
            when share > 0 and share < 1 and share_variance > 0
                then least(current_stating::double, share * (1 - share) / share_variance)
            when share is not null then current_stating::double * current_stating / nullif(whole_squares, 0)
        end as n_effective
    from variances
)

select
    pair,
    scope_id,
    role_id,
    dimension,
    value,
    country,
    base_postings,
    current_postings,
    base_stating,
    current_stating,
    round(base_share, 6) as base_share,
    round(share, 6) as share,
    round({{ wilson('share', 'n_effective', '-') }}, 6) as share_low,
    round({{ wilson('share', 'n_effective', '+') }}, 6) as share_high,
    {{ change('current_postings', 'base_postings') }} as change,
    case
        when employers_effective >= {{ var('min_employers') }}
            then round(ratio * exp(-1.959964 * log_ratio_se) - 1, 6)
    end as change_low,
    case
        when employers_effective >= {{ var('min_employers') }}
            then round(ratio * exp(1.959964 * log_ratio_se) - 1, 6)
    end as change_high,
    round(employers_effective, 2) as employers_effective,
    case
        when value <> 'not stated' and current_postings > 0
            then rank() over (
                partition by pair, scope_id, role_id, dimension, value <> 'not stated'
                order by current_postings desc
            )
    end as rank
from effective
