-- What the study states (var `versions`) goes before what the datasets say.
{%- set stated = var('versions') %}
{%- set fingerprints = [] %}
{%- if execute %}
    {%- for manifest in manifests('postings') %}{% do fingerprints.append(manifest.content) %}{% endfor %}
{%- endif %}

select
    {{ literal(promoted_model_version() if execute else 'none') }} as model_version,
    coalesce(
        {{ literal(stated.get('label_version')) }}::varchar,
        (select max(labels.label_version) from {{ ref('stg_labels') }} as labels),
        'none'
    ) as label_version,
    coalesce(
        {{ literal(stated.get('taxonomy_version')) }}::varchar,
        (select max(taxonomy.taxonomy_version) from {{ ref('stg_taxonomy') }} as taxonomy),
        'none'
    ) as taxonomy_version,
    {{ literal(stated.get('data_version') or local_md5(fingerprints | join('|'))[:16]) }} as data_version
