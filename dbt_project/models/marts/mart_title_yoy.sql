with counts as (
    select
        pair,
        title_id,
        sum(base_postings)::bigint as base_postings,
        sum(current_postings)::bigint as current_postings
    from {{ ref('int_window_counts') }}
    group by pair, title_id
),

-- A row for what the model left unassigned, also where that is nothing.
complete as (
    select
        pair,
        title_id,
        base_postings,
        current_postings
    from counts
    union all
    select
        windows.pair,
        'unassigned' as title_id,
        0 as base_postings,
        0 as current_postings
    from {{ ref('int_windows') }} as windows
    where not exists (
        select 1
        from counts
        where counts.pair = windows.pair and counts.title_id = 'unassigned'
    )
),

changes as (
    select
        *,
        {{ change('current_postings', 'base_postings') }} as change,
        title_id <> 'unassigned' and base_postings >= {{ var('min_postings') }} and base_postings > 0
            as is_ranked
    from complete
)

select
    changes.pair,
    changes.title_id,
    titles.title_en,
    titles.title_zh,
    titles.family,
    titles.seniority_band,
    changes.base_postings,
    changes.current_postings,
    changes.change,
    round(estimates.change_low, 6) as change_low,
    round(estimates.change_high, 6) as change_high,
    estimates.withheld,
    round(estimates.corrected_base_postings, 1) as corrected_base_postings,
    round(estimates.corrected_current_postings, 1) as corrected_current_postings,
    round(estimates.corrected_change, 6) as corrected_change,
    round(estimates.corrected_change_low, 6) as corrected_change_low,
    round(estimates.corrected_change_high, 6) as corrected_change_high,
    round(estimates.corrected_crawled_change_low, 6) as corrected_crawled_change_low,
    round(estimates.corrected_crawled_change_high, 6) as corrected_crawled_change_high,
    estimates.corrected_withheld,
    round(estimates.panel_base_postings, 1) as panel_base_postings,
    round(estimates.panel_current_postings, 1) as panel_current_postings,
    round(estimates.panel_change, 6) as panel_change,
    round(estimates.panel_change_low, 6) as panel_change_low,
    round(estimates.panel_change_high, 6) as panel_change_high,
    round(estimates.panel_crawled_change_low, 6) as panel_crawled_change_low,
    round(estimates.panel_crawled_change_high, 6) as panel_crawled_change_high,
    estimates.panel_withheld,
    round(estimates.within_change, 6) as within_change,
    round(estimates.within_change_low, 6) as within_change_low,
    round(estimates.within_change_high, 6) as within_change_high,
    estimates.within_withheld,
    estimates.verdict,
    round(estimates.q_value, 6) as q_value,
    estimates.crawled_verdict,
    round(estimates.crawled_q_value, 6) as crawled_q_value,
    estimates.within_verdict,
    round(estimates.within_q_value, 6) as within_q_value,
    estimates.verdict_method,
    round(changes.change - market.change, 6) as distance_to_market,
    case
        when changes.is_ranked
            then rank() over (partition by changes.pair, changes.is_ranked order by changes.change desc)
    end as rank,
    round(estimates.employers_effective, 2) as employers_effective,
    {{ flag_list([
        ['unassigned', "changes.title_id = 'unassigned'"],
        ['few_postings', 'changes.base_postings < ' ~ var('min_postings')],
        ['few_employers', 'estimates.employers_effective < ' ~ var('min_employers')],
        ['no_base', 'changes.base_postings = 0'],
    ]) }} as flags,
    {{ version_columns() }}
from changes
inner join {{ ref('mart_market_yoy') }} as market on changes.pair = market.pair
cross join {{ ref('int_versions') }} as versions
left join {{ ref('int_titles') }} as titles on changes.title_id = titles.title_id
left join {{ ref('stg_estimates') }} as estimates
    on changes.pair = estimates.pair and changes.title_id = estimates.group_id and estimates.level = 'title'
order by changes.pair, changes.title_id
