with counts as (
    select
        pair,
        sum(base_postings)::bigint as base_postings,
        sum(current_postings)::bigint as current_postings,
        sum(case when title_id = 'unassigned' then base_postings else 0 end)::bigint as base_unassigned,
        sum(case when title_id = 'unassigned' then current_postings else 0 end)::bigint as current_unassigned
    from {{ ref('int_window_counts') }}
    group by pair
),

months as (
    select distinct posting_month
    from {{ ref('int_title_month_cube') }}
),

seen_months as (
    select
        windows.pair,
        count(*) filter (where {{ in_window('months.posting_month', 'base') }}) as base_months,
        count(*) filter (where {{ in_window('months.posting_month', 'current') }}) as current_months
    from {{ ref('int_windows') }} as windows
    cross join months
    group by windows.pair
),

market as (
    select
        windows.*,
        coalesce(counts.base_postings, 0) as base_postings,
        coalesce(counts.current_postings, 0) as current_postings,
        coalesce(counts.base_unassigned, 0) as base_unassigned,
        coalesce(counts.current_unassigned, 0) as current_unassigned,
        coalesce(
            seen_months.base_months < windows.base_months
            or seen_months.current_months < windows.current_months,
            true
        ) as misses_months
    from {{ ref('int_windows') }} as windows
    left join counts on windows.pair = counts.pair
    left join seen_months on windows.pair = seen_months.pair
)

select
    market.pair,
    market.base_from,
    market.base_to,
    market.current_from,
    market.current_to,
    market.base_postings,
    market.current_postings,
    market.base_unassigned,
    market.current_unassigned,
    {{ change('market.current_postings', 'market.base_postings') }} as change,
    round(estimates.change_low, 6) as change_low,
    round(estimates.change_high, 6) as change_high,
    estimates.withheld,
    round(estimates.panel_base_postings, 1) as panel_base_postings,
    round(estimates.panel_current_postings, 1) as panel_current_postings,
    round(estimates.panel_change, 6) as panel_change,
    round(estimates.panel_change_low, 6) as panel_change_low,
    round(estimates.panel_change_high, 6) as panel_change_high,
    round(estimates.panel_crawled_change_low, 6) as panel_crawled_change_low,
    round(estimates.panel_crawled_change_high, 6) as panel_crawled_change_high,
    estimates.panel_withheld,
    drift.base_rows + drift.current_rows as audited_postings,
    round(drift.difference, 6) as drift,
    round(drift.p_value, 6) as drift_p_value,
    round(estimates.employers_effective, 2) as employers_effective,
    {{ flag_list([
        ['few_postings', 'market.base_postings < ' ~ var('min_postings')],
        ['few_employers', 'estimates.employers_effective < ' ~ var('min_employers')],
        ['no_base', 'market.base_postings = 0'],
        ['missing_months', 'market.misses_months'],
    ]) }} as flags,
    {{ version_columns() }}
from market
cross join {{ ref('int_versions') }} as versions
left join {{ ref('stg_estimates') }} as estimates
    on market.pair = estimates.pair and estimates.level = 'market'
left join {{ ref('stg_drift') }} as drift on market.pair = drift.pair
order by market.pair
