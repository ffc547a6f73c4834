package certificate

import "net/http"

// Challenges answers the authority's questions on the plain port and leaves everything else to next.
func (s *Service) Challenges(next http.Handler) http.Handler {
	if s.issuer == nil {
		return next
	}
	return s.issuer.HTTPChallengeHandler(next)
}
