/* SPDX-License-Identifier: MIT */
/* address.h: "network", "host:port" in the system's terms, parsed without allocation. */
#ifndef GR_IO_ADDRESS_H
#define GR_IO_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct gr_address {
	socklen_t length; /* of what is used of it */
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} sa;
};

/* What an address can turn out to be. */
enum gr_target_kind {
	GR_TARGET_NUMERIC, /* `address` is it */
	GR_TARGET_NO_HOST, /* every address of this machine, or this machine */
	GR_TARGET_NAME,    /* `host` has to be looked up */
	GR_TARGET_UNIX,    /* `address` is it */
};

#define GR_HOST_MAX 254 /* a name of DNS, with the end */

struct gr_target {
	enum gr_target_kind kind;
	int family; /* asked for: AF_INET, AF_INET6, AF_UNSPEC: either; AF_UNIX */
	uint16_t port;
	struct gr_address address;
	char host[GR_HOST_MAX];
};

/* Sorts of networks, as bits. */
#define GR_ADDRESS_STREAM   1u
#define GR_ADDRESS_DATAGRAM 2u

/* `network` has to be of one of these kinds. 0 or -EINVAL. */
int gr_address_parse(
	const char *network, unsigned kinds, const char *address, struct gr_target *out);

/* What users give and get: AF_INET or AF_INET6. False: another family. */
bool gr_address_read(const struct sockaddr_storage *from, struct gr_address *to);
void gr_address_write(const struct gr_address *from, struct sockaddr_storage *to);

/* 0: none. */
uint16_t gr_address_port(const struct gr_address *a);

/* With the port set. */
struct gr_address gr_address_of_in4(uint32_t host_order, uint16_t port);
struct gr_address gr_address_of_in6(const struct in6_addr *in6, uint16_t port);

/* Copies an address of AF_INET or AF_INET6, with this port. False: it is of another family. */
bool gr_address_copy(const struct sockaddr *sa, uint16_t port, struct gr_address *out);

#endif
