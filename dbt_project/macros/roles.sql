{#
  The roles and scopes of a study, as the vars give them: what `orchestration/roles.py` writes, or who runs dbt alone.
#}

{% macro role_rows() -%}
  {#- Rows of a VALUES list: role_id, role_en, role_zh, inside, position. `all` comes first. -#}
  ('all', 'All postings', '全部职位', '', 0)
  {%- for role in var('roles') -%}
    {%- for name in ['role_id', 'role_en', 'role_zh', 'titles'] if name not in role -%}
      {{ exceptions.raise_compiler_error("roles: no " ~ name ~ " in " ~ role) }}
    {%- endfor -%}
    , (
      {{- literal(role.role_id) }}, {{ literal(role.role_en) }}, {{ literal(role.role_zh) }},
      {{ literal(role.get('inside', []) | join(',')) }}, {{ loop.index -}}
    )
  {%- endfor -%}
{%- endmacro %}


{% macro role_title_rows() -%}
  {#- Rows of a VALUES list: role_id, title_id; without `all`. One row of nulls where there is none. -#}
  {%- set rows = [] -%}
  {%- for role in var('roles') -%}
    {%- for title in role.titles -%}
      {%- do rows.append('(' ~ literal(role.role_id) ~ ', ' ~ literal(title) ~ ')') -%}
    {%- endfor -%}
  {%- endfor -%}
  {{ rows | join(', ') if rows else '(cast(null as varchar), cast(null as varchar))' }}
{%- endmacro %}


{% macro scope_rows() -%}
  {#- Rows of a VALUES list: scope_id, scope_en, scope_zh, industries (null: all, the unstated too), position. -#}
  ('all_industries', 'All industries', '全部行业', cast(null as varchar[]), 0)
  {%- for scope in var('scopes') -%}
    {%- for name in ['scope_id', 'scope_en', 'scope_zh', 'industries'] if name not in scope -%}
      {{ exceptions.raise_compiler_error("scopes: no " ~ name ~ " in " ~ scope) }}
    {%- endfor -%}
    , (
      {{- literal(scope.scope_id) }}, {{ literal(scope.scope_en) }}, {{ literal(scope.scope_zh) }},
      [{%- for industry in scope.industries -%}{{ literal(industry) }}{{ ", " if not loop.last }}{%- endfor -%}],
      {{ loop.index -}}
    )
  {%- endfor -%}
{%- endmacro %}


{% macro role_settings() -%}
  {#- All that the role tables depend on besides their inputs: part of the fingerprint of a month. -#}
  {{ return(tojson([var('roles'), var('scopes')], sort_keys=true)) }}
{%- endmacro %}


{% macro role_columns(alias) -%}
  {{ alias }}.pair,
    {{ alias }}.scope_id,
    scopes.scope_en,
    scopes.scope_zh,
    {{ alias }}.role_id,
    roles.role_en,
    roles.role_zh
{%- endmacro %}


{% macro joined_names(alias) -%}
  inner join {{ ref('int_roles') }} as roles on {{ alias }}.role_id = roles.role_id
inner join {{ ref('int_scopes') }} as scopes on {{ alias }}.scope_id = scopes.scope_id
cross join {{ ref('int_versions') }} as versions
{%- endmacro %}
