select
    {{ role_columns('cells') }},
    roles.inside,
    windows.base_from,
    windows.base_to,
    windows.current_from,
    windows.current_to,
    cells.base_postings,
    cells.current_postings,
    cells.change,
    cells.change_low,
    cells.change_high,
    round(corrected.estimate, 6) as corrected_change,
    case
        when cells.employers_effective >= {{ var('min_employers') }} then round(corrected.low, 6)
    end as corrected_change_low,
    case
        when cells.employers_effective >= {{ var('min_employers') }} then round(corrected.high, 6)
    end as corrected_change_high,
    round(panel.estimate, 6) as panel_change,
    case
        when cells.employers_effective >= {{ var('min_employers') }} then round(panel.low, 6)
    end as panel_change_low,
    case
        when cells.employers_effective >= {{ var('min_employers') }} then round(panel.high, 6)
    end as panel_change_high,
    market.change as market_change,
    round(cells.change - market.change, 6) as distance_to_market,
    {{ share('cells.current_postings', 'market.current_postings') }} as share_of_market,
    cells.employers_effective,
    {{ flag_list([
        ['few_postings', 'cells.base_postings < ' ~ var('min_postings')],
        ['few_employers', 'cells.employers_effective < ' ~ var('min_employers')],
        ['no_base', 'cells.base_postings = 0'],
    ]) }} as flags,
    {{ version_columns() }}
from {{ ref('int_role_cells') }} as cells
{{ joined_names('cells') }}
inner join {{ ref('int_windows') }} as windows on cells.pair = windows.pair
inner join {{ ref('int_role_cells') }} as market
    on
        cells.pair = market.pair
        and cells.scope_id = market.scope_id
        and cells.dimension = market.dimension
        and market.role_id = 'all'
left join {{ ref('stg_role_estimates') }} as corrected
    on
        cells.pair = corrected.pair
        and cells.scope_id = corrected.scope_id
        and cells.role_id = corrected.role_id
        and corrected.measure = 'demand'
        and corrected.method = 'corrected'
left join {{ ref('stg_role_estimates') }} as panel
    on
        cells.pair = panel.pair
        and cells.scope_id = panel.scope_id
        and cells.role_id = panel.role_id
        and panel.measure = 'demand'
        and panel.method = 'panel'
where cells.dimension = 'all'
order by cells.pair, scopes.position, roles.position
