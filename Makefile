# rowferry: the whole build. `make` builds bin/; `make help` lists the targets.
#
#   make CC=clang            another compiler          make WERROR=     warnings stay warnings
#   make MYSQL=mysqlclient   Oracle's client library (default: libmariadb, else mysqlclient)

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/rowferry

CC ?= cc
PKG_CONFIG ?= pkg-config
OPT ?= -O2
WERROR ?= -Werror
SAN ?=
B ?= build
BIN ?= bin

# ---- libraries: each found by pkg-config, a missing one is named with its Debian package
# $(call pkg,PACKAGES IN ORDER OF PREFERENCE,DEBIAN PACKAGE)
pkg = $(or $(firstword $(foreach p,$(1),$(shell $(PKG_CONFIG) --exists $(p) && echo $(p)))),$(error $(firstword $(1)) is missing: apt-get install $(2)))

ifeq ($(filter clean distclean help fmt fmt-check uninstall,$(or $(MAKECMDGOALS),all)),)
MYSQL := $(call pkg,$(or $(MYSQL),libmariadb mysqlclient),libmariadb-dev)
MSGPACK := $(call pkg,msgpack msgpack-c,libmsgpack-dev)
EVENT := $(call pkg,libevent_core libevent,libevent-dev)
XXHASH := $(call pkg,libxxhash,libxxhash-dev)
PCRE2 := $(call pkg,libpcre2-8,libpcre2-dev)
JANSSON := $(call pkg,jansson,libjansson-dev)
ZLIB := $(call pkg,zlib,zlib1g-dev)
ZSTD := $(call pkg,libzstd,libzstd-dev)
MYSQL_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(MYSQL))
MYSQL_LIBS := $(shell $(PKG_CONFIG) --libs $(MYSQL))
LIB_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(MSGPACK) $(EVENT) $(XXHASH) $(PCRE2) $(JANSSON) $(ZLIB) $(ZSTD))
# msgpack-c and xxHash: only what is in the headers is used, so nothing is linked for the first
STREAM_LIBS := $(shell $(PKG_CONFIG) --libs $(XXHASH))
EVENT_LIBS := $(shell $(PKG_CONFIG) --libs $(EVENT))
PCRE2_LIBS := $(shell $(PKG_CONFIG) --libs $(PCRE2))
JANSSON_LIBS := $(shell $(PKG_CONFIG) --libs $(JANSSON))
Z_LIBS := $(shell $(PKG_CONFIG) --libs $(ZLIB) $(ZSTD))
endif

CFLAGS ?= -g
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE $(OPT) $(CFLAGS) -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wvla -Wpointer-arith -Wwrite-strings -Wno-missing-field-initializers $(WERROR) $(SAN) -fno-strict-aliasing -Ilib $(LIB_CFLAGS)
ALL_LDFLAGS = $(SAN) $(LDFLAGS)

# ---- objects: what a program is made of is its dependency diagram
BASE = buf msg opt sig fdio
CONN = conn conn_opts cnf
STREAM = $(BASE) mp frame val table pos rec stream

PROGRAMS = $(patsubst src/%/,%,$(wildcard src/*/))
LIBS_binlog-tap = $(STREAM) $(CONN) charset pattern ddl $(BINLOG)
LIBS_rowfilter = $(STREAM) pattern ddl charset $(EXPR)
LIBS_rowmap = $(STREAM) pattern ddl charset $(EXPR)
LIBS_mysql-sink = $(STREAM) $(CONN) charset ddl
LIBS_rowdump = $(STREAM) charset
LIBS_rowundump = $(STREAM) charset
BINLOG = $(patsubst lib/%.c,%,$(wildcard lib/binlog/*.c))
EXPR = $(patsubst lib/%.c,%,$(wildcard lib/expr/*.c))

LINK_binlog-tap = $(MYSQL_LIBS) $(PCRE2_LIBS) $(Z_LIBS)
LINK_rowfilter = $(PCRE2_LIBS)
LINK_rowmap = $(PCRE2_LIBS)
LINK_mysql-sink = $(MYSQL_LIBS)
LINK_rowdump =
LINK_rowundump = $(JANSSON_LIBS)

# what programs under t/unit are linked with: everything
UNIT = $(patsubst t/unit/%.c,%,$(wildcard t/unit/*.c))
LIBALL = $(patsubst lib/%.c,%,$(filter-out lib/conn.c,$(wildcard lib/*.c lib/binlog/*.c lib/expr/*.c)))

all: $(PROGRAMS:%=$(BIN)/%)

units: $(UNIT:%=$(B)/unit/%)

define program
$(BIN)/$(1): $(patsubst %.c,$(B)/%.o,$(wildcard src/$(1)/*.c)) $(LIBS_$(1):%=$(B)/lib/%.o) | $(BIN)
	$$(CC) $$(ALL_LDFLAGS) -o $$@ $$(filter %.o,$$^) $$(LINK_$(1)) $$(STREAM_LIBS) -lm
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

$(B)/unit/%: t/unit/%.c $(LIBALL:%=$(B)/lib/%.o)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MF $(B)/unit/$*.d $(ALL_LDFLAGS) -o $@ $< $(filter %.o,$^) $(PCRE2_LIBS) $(JANSSON_LIBS) $(Z_LIBS) $(STREAM_LIBS) -lm

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(if $(filter lib/conn.c src/binlog-tap/% src/mysql-sink/%,$<),$(MYSQL_CFLAGS)) -MMD -c -o $@ $<

$(BIN):
	mkdir -p $@

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: all units
.DELETE_ON_ERROR:
