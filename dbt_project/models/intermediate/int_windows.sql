select
    windows.pair,
    -- 1 is the headline pair
    windows.position,
    windows.base_from,
    windows.base_to,
    windows.current_from,
    windows.current_to,
    -- each window has this many months, both ends included
    date_diff('month', (windows.base_from || '-01')::date, (windows.base_to || '-01')::date)
    + 1 as base_months,
    date_diff('month', (windows.current_from || '-01')::date, (windows.current_to || '-01')::date)
    + 1 as current_months
from (values {{ window_values(var('windows')) }})
    as windows (pair, base_from, base_to, current_from, current_to, position)
where windows.pair is not null
