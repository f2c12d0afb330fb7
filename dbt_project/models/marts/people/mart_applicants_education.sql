{{ applicants_by('education') }}
