{{ applicants_by('previous_industry') }}
