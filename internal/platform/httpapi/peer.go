package httpapi

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxHops bounds how many trusted proxies one request may have come through.
const maxHops = 64

// Peer gives the address of the client and whether it speaks HTTPS. What a header says of them counts only where a trusted proxy added
// it: the chain is walked from its right end, which the nearest proxy wrote, and the client is the first address that is no trusted proxy.
// What stands left of it is the client's own word. Where an entry is no address, the last trusted proxy stands for the client.
func (s *Server) Peer(r *http.Request) (ip string, https bool) {
	https = r.TLS != nil
	peer, ok := addressOf(r.RemoteAddr)
	if !ok {
		return strings.TrimPrefix(r.RemoteAddr, "@"), https // a local socket has no address
	}
	if !s.trusted(peer) {
		return peer.String(), https
	}
	client, proto := s.walk(r.Header, peer)
	switch {
	case strings.EqualFold(proto, "https"):
		https = true
	case proto != "":
		https = false
	case !https: // the proxy does not say; a public address that is HTTPS says it for it
		public := s.config.PublicURL
		https = public != nil && public.Scheme == "https" && strings.EqualFold(r.Host, public.Host)
	}
	return client.String(), https
}

// Base gives scheme and host under which people reach the server: the public address, or else what the request says.
func (s *Server) Base(r *http.Request) (scheme, host string) {
	if u := s.config.PublicURL; u != nil {
		return u.Scheme, u.Host
	}
	if _, https := s.Peer(r); https {
		return "https", r.Host
	}
	return "http", r.Host
}

func (s *Server) trusted(addr netip.Addr) bool {
	return slices.ContainsFunc(s.config.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// walk follows the chain from the proxy at peer to the client, and tells the scheme that the proxy next to the client saw.
func (s *Server) walk(h http.Header, peer netip.Addr) (client netip.Addr, proto string) {
	client = peer
	if s.config.Forwarded {
		chain := backwards{lines: h["Forwarded"]}
		for range maxHops {
			element, more := chain.next()
			if !more {
				return client, proto
			}
			var node string
			node, proto = hop(element)
			addr, ok := addressOf(node)
			if !ok {
				return client, proto
			}
			client = addr
			if !s.trusted(addr) {
				return client, proto
			}
		}
		return client, proto
	}
	chain, protos := backwards{lines: h["X-Forwarded-For"]}, backwards{lines: h["X-Forwarded-Proto"]}
	for i := range maxHops {
		entry, more := chain.next()
		// A chain of proxies may write one scheme each, or only the first of them one for all.
		if p, said := protos.next(); said && (more || i == 0) {
			proto = p
		}
		addr, ok := addressOf(entry)
		if !more || !ok {
			return client, proto
		}
		client = addr
		if !s.trusted(addr) {
			return client, proto
		}
	}
	return client, proto
}

// backwards reads a comma-separated header from its end, without cutting all of it up: it may be long, and a liar's.
type backwards struct {
	lines []string
	rest  string
	begun bool
}

func (b *backwards) next() (string, bool) {
	if !b.begun {
		if len(b.lines) == 0 {
			return "", false
		}
		b.rest, b.lines, b.begun = b.lines[len(b.lines)-1], b.lines[:len(b.lines)-1], true
	}
	item := b.rest
	if i := strings.LastIndexByte(b.rest, ','); i >= 0 {
		item, b.rest = b.rest[i+1:], b.rest[:i]
	} else {
		b.begun = false
	}
	return strings.TrimSpace(item), true
}

// hop reads an element of Forwarded: for=192.0.2.60;proto=https;by=203.0.113.43. Quotes are not paired across elements: what a liar left open
// must not swallow what the proxy added.
func hop(element string) (node, proto string) {
	for pair := range strings.SplitSeq(element, ";") {
		name, value, _ := strings.Cut(pair, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "for":
			node = strings.Trim(strings.TrimSpace(value), `"`)
		case "proto":
			proto = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return node, proto
}

// addressOf reads an address with or without port: 192.0.2.1, 192.0.2.1:80, 2001:db8::1, [2001:db8::1]:80, fe80::1%eth0. The zone names a
// network card of the machine that wrote it and is left out; an IPv4 address written as IPv6 is the same address.
func addressOf(text string) (netip.Addr, bool) {
	if len(text) > 64 {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		var with netip.AddrPort
		if with, err = netip.ParseAddrPort(text); err != nil {
			return netip.Addr{}, false
		}
		addr = with.Addr()
	}
	addr = addr.WithZone("").Unmap()
	return addr, !addr.IsUnspecified()
}
