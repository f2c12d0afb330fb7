{{ config(description="No figure mixes the classifications of two models.") }}
select
    classifications.model_version,
    count(*) as postings
from {{ ref('stg_classifications') }} as classifications
cross join {{ ref('int_versions') }} as versions
where classifications.model_version <> versions.model_version
group by classifications.model_version
