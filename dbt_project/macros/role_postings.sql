{#
  The postings of every role and scope; a posting stands in each role and scope that holds it. The whole market stands apart
  from the roles: joining all postings to all titles would cost more than everything that follows.
  `columns`: a list, from `postings` or what is joined to them. `source`: the postings, under that name, and their joins.
#}

{% macro role_postings(columns, source, condition) -%}
    select
        scopes.scope_id,
        titles.role_id,
        {{ columns | join(',\n        ') }}
    from {{ source }}
    inner join {{ ref('int_role_titles') }} as titles
        on postings.title_id = titles.title_id and titles.role_id <> 'all'
    inner join {{ ref('int_scopes') }} as scopes
        on scopes.industries is null or list_contains(scopes.industries, postings.industry_id)
    where {{ condition }}
    union all
    select
        scopes.scope_id,
        'all' as role_id,
        {{ columns | join(',\n        ') }}
    from {{ source }}
    inner join {{ ref('int_scopes') }} as scopes
        on scopes.industries is null or list_contains(scopes.industries, postings.industry_id)
    where {{ condition }}
{%- endmacro %}
