{{ applicants_by('major') }}
