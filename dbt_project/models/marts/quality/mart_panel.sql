-- Who counts as read, and which months belong together, as in ml.estimation.counts.
with places as (
    select
        pair,
        position,
        base_from,
        current_from,
        unnest(range(base_months)) as place
    from {{ ref('int_windows') }}
),

months as (
    select
        pair,
        position,
        strftime((base_from || '-01')::date + to_months(place::integer), '%Y-%m') as base_month,
        strftime((current_from || '-01')::date + to_months(place::integer), '%Y-%m') as current_month
    from places
),

board_months as (
    select distinct
        employer_id,
        month
    from {{ ref('int_board_months') }}
    where failed_polls < polls
),

sides as (
    select
        months.pair,
        months.position,
        months.base_month,
        months.current_month,
        board_months.employer_id,
        bool_or(board_months.month = months.base_month) as is_base,
        bool_or(board_months.month = months.current_month) as is_current
    from months
    inner join board_months
        on months.base_month = board_months.month or months.current_month = board_months.month
    group by all
),

counts as (
    select
        pair,
        position,
        base_month,
        current_month,
        count(*) filter (where is_base) as base_employers,
        count(*) filter (where is_current) as current_employers,
        count(*) filter (where is_base and is_current) as panel_employers
    from sides
    group by all
)

select
    counts.pair,
    counts.base_month,
    counts.current_month,
    counts.base_employers,
    counts.current_employers,
    counts.panel_employers,
    {{ share('counts.panel_employers', 'counts.current_employers') }} as share_of_current,
    {{ flag_list([['few_employers', 'counts.panel_employers < ' ~ var('min_employers')]]) }} as flags,
    {{ version_columns() }}
from counts
cross join {{ ref('int_versions') }} as versions
order by counts.position, counts.current_month
