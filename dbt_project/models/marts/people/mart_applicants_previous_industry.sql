{{ applicants_by('previous_industry', zh='industry') }}
