{#
  A role's postings by one dimension, with the shares, ranks and intervals that int_role_cells has for all of them.
  `zh`: the kind of names_zh, for cities. `names`: the seed with the values' names and, where they have an order, their positions.
#}

{% macro role_shares(dimension, column, names=none, key=none, prefix=none, ordered=false, beside=[], zh=none) -%}
select
    {{ role_columns('cells') }},
    cells.value as {{ column }},
    {%- if names %}
    coalesce(names.{{ prefix }}_en, cells.value) as {{ prefix }}_en,
    coalesce(names.{{ prefix }}_zh, case when cells.value = 'not stated' then '未说明' else cells.value end)
        as {{ prefix }}_zh,
    {%- endif %}
    {%- if zh %}
    {{ name_zh('cells.value') }} as {{ column }}_zh,
    {%- endif %}
    {%- for name in beside %}
    cells.{{ name }},
    {%- endfor %}
    cells.base_postings,
    cells.current_postings,
    cells.current_stating as stating_postings,
    cells.base_share,
    cells.share,
    cells.share_low,
    cells.share_high,
    round(corrected.estimate, 6) as corrected_share,
    round(corrected.low, 6) as corrected_share_low,
    round(corrected.high, 6) as corrected_share_high,
    {%- if ordered %}
    round(
        case
            when cells.value <> 'not stated'
                then sum(cells.current_postings) over (
                    partition by cells.pair, cells.scope_id, cells.role_id, cells.value <> 'not stated'
                    order by names.position desc
                ) / nullif(cells.current_stating, 0)::double
        end,
        6
    ) as share_or_more,
    {%- endif %}
    cells.rank,
    cells.change,
    cells.change_low,
    cells.change_high,
    cells.employers_effective,
    {{ flag_list([
        ['not_stated', "cells.value = 'not stated'"],
        ['few_postings', 'cells.current_postings < ' ~ var('min_postings')],
        ['few_employers', 'cells.employers_effective < ' ~ var('min_employers')],
        ['no_base', 'cells.base_postings = 0'],
    ]) }} as flags,
    {{ version_columns() }}
from {{ ref('int_role_cells') }} as cells
{{ joined_names('cells') }}
{%- if names %}
left join {{ ref(names) }} as names on cells.value = names.{{ key }}
{%- endif %}
{%- if zh %}
{{ joined_name_zh(zh, 'cells.value', 'cells.country') }}
{%- endif %}
left join {{ ref('stg_role_estimates') }} as corrected
    on
        cells.pair = corrected.pair
        and cells.scope_id = corrected.scope_id
        and cells.role_id = corrected.role_id
        and cells.dimension = corrected.measure
        and cells.value = corrected.value
        and cells.country = corrected.country
        and corrected.method = 'corrected'
where cells.dimension = '{{ dimension }}'
order by cells.pair, scopes.position, roles.position, {{ 'names.position, ' if ordered }}cells.rank, cells.value
    {%- for name in beside %}, cells.{{ name }}{% endfor %}
{%- endmacro %}
