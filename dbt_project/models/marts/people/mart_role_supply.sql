with ratios as (
    select
        *,
        current_applicants / nullif(base_applicants, 0)::double as ratio,
        sqrt(1.0 / nullif(current_applicants, 0) + 1.0 / nullif(base_applicants, 0)) as log_ratio_se
    from {{ ref('int_shown_people') }}
)

select
    {{ role_columns('ratios') }},
    windows.base_from,
    windows.base_to,
    windows.current_from,
    windows.current_to,
    ratios.base_applicants,
    ratios.current_applicants,
    {{ change('ratios.current_applicants', 'ratios.base_applicants') }} as change,
    round(ratios.ratio * exp(-1.959964 * ratios.log_ratio_se) - 1, 6) as change_low,
    round(ratios.ratio * exp(1.959964 * ratios.log_ratio_se) - 1, 6) as change_high,
    case when ratios.ratio is not null then round(corrected.estimate, 6) end as corrected_change,
    case when ratios.ratio is not null then round(corrected.low, 6) end as corrected_change_low,
    case when ratios.ratio is not null then round(corrected.high, 6) end as corrected_change_high,
    {{ flag_list([
        ['withheld', 'ratios.base_applicants is null or ratios.current_applicants is null'],
        ['no_base', 'ratios.has_no_base'],
    ]) }} as flags,
    {{ version_columns() }}
from ratios
{{ joined_names('ratios') }}
inner join {{ ref('int_windows') }} as windows on ratios.pair = windows.pair
left join {{ ref('stg_role_estimates') }} as corrected
    on
        ratios.pair = corrected.pair
        and ratios.scope_id = corrected.scope_id
        and ratios.role_id = corrected.role_id
        and corrected.measure = 'supply'
        and corrected.method = 'corrected'
order by ratios.pair, scopes.position, roles.position
