/* SPDX-License-Identifier: MIT */
#include "io/address.h"

#include <errno.h>
#include <string.h>
#include <uv.h>

static int family_of(const char *network, unsigned kinds)
{
	static const struct {
		const char *name;
		int family;
		unsigned kind;
	} networks[] = {
		{ "tcp", AF_UNSPEC, GR_ADDRESS_STREAM },
		{ "tcp4", AF_INET, GR_ADDRESS_STREAM },
		{ "tcp6", AF_INET6, GR_ADDRESS_STREAM },
		{ "unix", AF_UNIX, GR_ADDRESS_STREAM },
		{ "udp", AF_UNSPEC, GR_ADDRESS_DATAGRAM },
		{ "udp4", AF_INET, GR_ADDRESS_DATAGRAM },
		{ "udp6", AF_INET6, GR_ADDRESS_DATAGRAM },
	};

	for (size_t i = 0; i < sizeof(networks) / sizeof(*networks); i++)
		if ((networks[i].kind & kinds) && strcmp(network, networks[i].name) == 0)
			return networks[i].family;
	return -1;
}

uint16_t gr_address_port(const struct gr_address *a)
{
	switch (a->sa.any.sa_family) {
	case AF_INET:
		return ntohs(a->sa.in.sin_port);
	case AF_INET6:
		return ntohs(a->sa.in6.sin6_port);
	default:
		return 0;
	}
}

struct gr_address gr_address_of_in4(uint32_t host_order, uint16_t port)
{
	struct gr_address a = { .length = sizeof(a.sa.in) };

	a.sa.in.sin_family = AF_INET;
	a.sa.in.sin_port = htons(port);
	a.sa.in.sin_addr.s_addr = htonl(host_order);
	return a;
}

struct gr_address gr_address_of_in6(const struct in6_addr *in6, uint16_t port)
{
	struct gr_address a = { .length = sizeof(a.sa.in6) };

	a.sa.in6.sin6_family = AF_INET6;
	a.sa.in6.sin6_port = htons(port);
	a.sa.in6.sin6_addr = *in6;
	return a;
}

bool gr_address_copy(const struct sockaddr *sa, uint16_t port, struct gr_address *out)
{
	switch (sa->sa_family) {
	case AF_INET:
		*out = (struct gr_address){ .length = sizeof(out->sa.in) };
		memcpy(&out->sa.in, sa, sizeof(out->sa.in));
		out->sa.in.sin_port = htons(port);
		return true;
	case AF_INET6:
		*out = (struct gr_address){ .length = sizeof(out->sa.in6) };
		memcpy(&out->sa.in6, sa, sizeof(out->sa.in6));
		out->sa.in6.sin6_port = htons(port);
		return true;
	default:
		return false;
	}
}

static socklen_t length_of(int family)
{
	switch (family) {
	case AF_INET:
		return sizeof(struct sockaddr_in);
	case AF_INET6:
		return sizeof(struct sockaddr_in6);
	default:
		return 0;
	}
}

bool gr_address_read(const struct sockaddr_storage *from, struct gr_address *to)
{
	*to = (struct gr_address){ .length = length_of(from->ss_family) };
	memcpy(&to->sa, from, to->length);
	return to->length != 0;
}

void gr_address_write(const struct gr_address *from, struct sockaddr_storage *to)
{
	memset(to, 0, sizeof(*to));
	memcpy(to, &from->sa, length_of(from->sa.any.sa_family));
}

/* "@name" is Linux's abstract namespace, as elsewhere. */
static int parse_path(const char *path, struct gr_target *t)
{
	struct sockaddr_un *un = &t->address.sa.un;
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof(un->sun_path))
		return -EINVAL;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, length + 1);
	t->address.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	if (path[0] == '@')
		un->sun_path[0] = '\0';
	else
		t->address.length++; /* the end of the path */
	t->kind = GR_TARGET_UNIX;
	return 0;
}

/* Digits only, to 65535. */
static int parse_port(const char *text, uint16_t *port)
{
	unsigned long n = 0;

	if (*text == '\0')
		return -EINVAL;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		n = n * 10 + (unsigned long)(*text - '0');
		if (n > UINT16_MAX)
			return -EINVAL;
	}
	*port = (uint16_t)n;
	return 0;
}

/* Splits at the last colon; the host may stand in brackets, and must if it has colons itself. */
static int split(const char *address, struct gr_target *t, bool *bracketed)
{
	const char *colon = strrchr(address, ':');
	const char *host = address;
	size_t length = colon == NULL ? 0 : (size_t)(colon - address);

	if (colon == NULL)
		return -EINVAL;
	*bracketed = length >= 2 && host[0] == '[' && host[length - 1] == ']';
	if (*bracketed) {
		host++;
		length -= 2;
		if (length == 0)
			return -EINVAL;
	}
	if (length >= sizeof(t->host) || memchr(host, '[', length) != NULL ||
		memchr(host, ']', length) != NULL ||
		(!*bracketed && memchr(host, ':', length) != NULL))
		return -EINVAL;
	memcpy(t->host, host, length);
	t->host[length] = '\0';
	return parse_port(colon + 1, &t->port);
}

/* What no resolver would take. */
static bool is_name(const char *host)
{
	for (const char *c = host; *c != '\0'; c++)
		if (*c <= ' ' || *c == 0x7f || strchr("/\\@%?#", *c) != NULL)
			return false;
	return true;
}

static int parse_host(struct gr_target *t, bool bracketed)
{
	int family = t->family;

	if (t->host[0] == '\0') {
		t->kind = GR_TARGET_NO_HOST;
		return 0;
	}
	if (!bracketed && uv_ip4_addr(t->host, t->port, &t->address.sa.in) == 0) {
		t->kind = GR_TARGET_NUMERIC;
		t->address.length = sizeof(t->address.sa.in);
		return family == AF_INET6 ? -EINVAL : 0;
	}
	if (bracketed) {
		if (uv_ip6_addr(t->host, t->port, &t->address.sa.in6) != 0)
			return -EINVAL;
		t->kind = GR_TARGET_NUMERIC;
		t->address.length = sizeof(t->address.sa.in6);
		return family == AF_INET ? -EINVAL : 0;
	}
	t->kind = GR_TARGET_NAME;
	return is_name(t->host) ? 0 : -EINVAL;
}

int gr_address_parse(
	const char *network, unsigned kinds, const char *address, struct gr_target *out)
{
	bool bracketed;
	int rc;

	if (network == NULL || address == NULL)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	out->family = family_of(network, kinds);
	if (out->family == -1)
		return -EINVAL;
	if (out->family == AF_UNIX)
		return parse_path(address, out);
	rc = split(address, out, &bracketed);
	return rc != 0 ? rc : parse_host(out, bracketed);
}
