{{ applicants_by('previous_occupation') }}
