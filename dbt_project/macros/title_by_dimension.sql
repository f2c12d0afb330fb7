{#
  One title's postings by a dimension: industry, city. The rank orders the values by the title's current postings;
  postings that do not state the dimension are a row of their own and hold no rank.
#}

{% macro title_by_dimension(dimension, beside=[], zh=none) -%}
with counts as (
    select
        pair,
        title_id,
        coalesce(value, 'not stated') as {{ dimension }},
        {%- for column in beside %}
        coalesce({{ column }}, 'not stated') as {{ column }},
        {%- endfor %}
        sum(base_postings)::bigint as base_postings,
        sum(current_postings)::bigint as current_postings
    from {{ ref('int_window_dimension_counts') }}
    where dimension = '{{ dimension }}'
    group by all
),

changes as (
    select
        *,
        sum(current_postings) over (partition by pair, title_id) as title_postings,
        {{ change('current_postings', 'base_postings') }} as change,
        title_id <> 'unassigned' and {{ dimension }} <> 'not stated' and current_postings > 0 as is_ranked
    from counts
)

select
    changes.pair,
    changes.title_id,
    titles.title_en,
    {%- for column in [dimension] + beside %}
    changes.{{ column }},
    {%- endfor %}
    {%- if zh %}
    {{ name_zh('changes.' ~ dimension) }} as {{ dimension }}_zh,
    {%- endif %}
    changes.base_postings,
    changes.current_postings,
    {{ share('changes.current_postings', 'changes.title_postings') }} as share,
    changes.change,
    case
        when changes.is_ranked
            then rank() over (
                partition by changes.pair, changes.title_id, changes.is_ranked
                order by changes.current_postings desc
            )
    end as rank,
    {{ flag_list([
        ['unassigned', "changes.title_id = 'unassigned'"],
        ['not_stated', 'changes.' ~ dimension ~ " = 'not stated'"],
        ['few_postings', 'changes.base_postings < ' ~ var('min_postings')],
        ['no_base', 'changes.base_postings = 0'],
    ]) }} as flags,
    {{ version_columns() }}
from changes
cross join {{ ref('int_versions') }} as versions
left join {{ ref('int_titles') }} as titles on changes.title_id = titles.title_id
{%- if zh %}
{{ joined_name_zh(zh, 'changes.' ~ dimension, 'changes.country') }}
{%- endif %}
order by changes.pair, changes.title_id
    {%- for column in [dimension] + beside %}, changes.{{ column }}{% endfor %}
{%- endmacro %}
