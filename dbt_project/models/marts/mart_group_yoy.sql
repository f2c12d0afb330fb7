select
    estimates.pair,
    estimates.level,
    estimates.group_id,
    names_zh.name_zh as group_zh,
    estimates.base_postings,
    estimates.current_postings,
    {{ change('estimates.current_postings', 'estimates.base_postings') }} as change,
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
    estimates.verdict,
    round(estimates.q_value, 6) as q_value,
    estimates.crawled_verdict,
    round(estimates.crawled_q_value, 6) as crawled_q_value,
    estimates.verdict_method,
    round(estimates.employers_effective, 2) as employers_effective,
    {{ flag_list([
        ['few_postings', 'estimates.base_postings < ' ~ var('min_postings')],
        ['few_employers', 'estimates.employers_effective < ' ~ var('min_employers')],
        ['no_base', 'estimates.base_postings = 0'],
    ]) }} as flags,
    {{ version_columns() }}
from {{ ref('stg_estimates') }} as estimates
cross join {{ ref('int_versions') }} as versions
left join {{ ref('names_zh') }} as names_zh
    on estimates.level = names_zh.kind and estimates.group_id = names_zh.name
where estimates.level in ('seniority', 'family')
order by estimates.pair, estimates.level, estimates.group_id
