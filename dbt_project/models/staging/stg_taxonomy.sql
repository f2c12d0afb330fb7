select
    title_id,
    title_en,
    title_zh,
    family,
    seniority_band,
    taxonomy_version
from {{ dataset('taxonomy') }}
