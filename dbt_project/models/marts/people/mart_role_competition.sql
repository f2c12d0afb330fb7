with groups as (
    select
        windows.pair,
        applications.scope_id,
        applications.role_id,
        applications.employer_group,
        count(*) as submissions
    from {{ ref('int_windows') }} as windows
    inner join {{ ref('int_role_applications') }} as applications
        on {{ in_window('applications.posting_month', 'current') }}
    group by all
),

postings as (
    select
        windows.pair,
        cells.scope_id,
        cells.role_id,
        cells.employer_group,
        sum(cells.postings)::bigint as postings
    from {{ ref('int_windows') }} as windows
    inner join {{ ref('int_role_month_cells') }} as cells
        on {{ in_window('cells.posting_month', 'current') }}
    where cells.dimension = 'all'
    group by all
),

-- The index is a ratio of two sums over groups of employers: its spread is that of their residuals.
sums as (
    select
        postings.pair,
        postings.scope_id,
        postings.role_id,
        sum(postings.postings)::bigint as postings,
        sum(coalesce(groups.submissions, 0))::bigint as submissions,
        sum(coalesce(groups.submissions, 0) * coalesce(groups.submissions, 0))::bigint as submission_squares,
        sum(coalesce(groups.submissions, 0) * postings.postings)::bigint as products,
        sum(postings.postings * postings.postings)::bigint as posting_squares,
        count(*) as employer_groups
    from postings
    left join groups
        on
            postings.pair = groups.pair
            and postings.scope_id = groups.scope_id
            and postings.role_id = groups.role_id
            and postings.employer_group = groups.employer_group
    group by all
),

means as (
    select
        *,
        submissions / postings::double as ratio,
        postings::double * postings / posting_squares as employers_effective
    from sums
),

ratios as (
    select
        means.pair,
        means.scope_id,
        means.role_id,
        means.postings,
        means.ratio,
        means.employers_effective,
        people.submissions,
        people.answered_postings,
        sqrt(
            greatest(
                means.submission_squares - 2.0 * means.ratio * means.products
                + means.ratio * means.ratio * means.posting_squares,
                0
            ) * means.employer_groups / nullif(means.employer_groups - 1, 0)
        ) / means.postings as ratio_se
    from means
    inner join {{ ref('int_shown_people') }} as people
        on means.pair = people.pair and means.scope_id = people.scope_id and means.role_id = people.role_id
    where means.submissions > 0
)

select
    {{ role_columns('ratios') }},
    ratios.postings,
    ratios.submissions,
    ratios.answered_postings,
    {{ share('(ratios.postings - ratios.answered_postings)', 'ratios.postings') }}
        as share_without_submissions,
    case when ratios.submissions is not null then round(ratios.ratio, 4) end as competition_index,
    case
        when ratios.submissions is not null and ratios.employers_effective >= {{ var('min_employers') }}
            then round(greatest(ratios.ratio - 1.959964 * ratios.ratio_se, 0), 4)
    end as index_low,
    case
        when ratios.submissions is not null and ratios.employers_effective >= {{ var('min_employers') }}
            then round(ratios.ratio + 1.959964 * ratios.ratio_se, 4)
    end as index_high,
    case when ratios.submissions is not null then round(corrected.estimate, 4) end as corrected_index,
    case
        when
            ratios.submissions is not null
            and corrected.low is not null
            and ratios.employers_effective >= {{ var('min_employers') }}
            then round(greatest(corrected.low, 0), 4)
    end as corrected_index_low,
    case
        when ratios.submissions is not null and ratios.employers_effective >= {{ var('min_employers') }}
            then round(corrected.high, 4)
    end as corrected_index_high,
    case when market.submissions is not null then round(market.ratio, 4) end as market_index,
    round(ratios.employers_effective, 2) as employers_effective,
    {{ flag_list([
        ['withheld', 'ratios.submissions is null'],
        ['few_postings', 'ratios.postings < ' ~ var('min_postings')],
        ['few_employers', 'ratios.employers_effective < ' ~ var('min_employers')],
    ]) }} as flags,
    {{ version_columns() }}
from ratios
{{ joined_names('ratios') }}
left join ratios as market
    on ratios.pair = market.pair and market.scope_id = 'all_industries' and market.role_id = 'all'
left join {{ ref('stg_role_estimates') }} as corrected
    on
        ratios.pair = corrected.pair
        and ratios.scope_id = corrected.scope_id
        and ratios.role_id = corrected.role_id
        and corrected.measure = 'submissions'
        and corrected.method = 'corrected'
order by ratios.pair, scopes.position, roles.position
