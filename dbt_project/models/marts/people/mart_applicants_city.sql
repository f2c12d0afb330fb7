{{ applicants_by('city') }}
