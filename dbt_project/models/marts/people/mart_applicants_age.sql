{{ applicants_by('age') }}
