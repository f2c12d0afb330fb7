-- Empty where the study has none: the tables of people then have no rows.
select
    applicant_id,
    posting_id,
    applied_on,
    applied_month,
    nullif(trim(city), '') as city,
    nullif(trim(age_band), '') as age,
    nullif(trim(education), '') as education,
    nullif(trim(major), '') as major,
    nullif(trim(previous_industry), '') as previous_industry,
    nullif(trim(previous_occupation), '') as previous_occupation,
    file,
    row as file_row
from {{ dataset('applications') }}
