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
where cells.dimension = 'all'
order by cells.pair, scopes.position, roles.position
