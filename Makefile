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

ifneq ($(filter-out clean help fmt fmt-check lint asan fuzz fuzz-targets oracle check-oracle uninstall,$(or $(MAKECMDGOALS),all)),)
ifndef MYSQL_LIBS # given with MYSQL_CFLAGS: a client library that pkg-config does not know
MYSQL := $(call pkg,$(or $(MYSQL),libmariadb mysqlclient),libmariadb-dev)
MYSQL_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(MYSQL))
MYSQL_LIBS := $(shell $(PKG_CONFIG) --libs $(MYSQL))
endif
MSGPACK := $(call pkg,msgpack msgpack-c,libmsgpack-dev)
EVENT := $(call pkg,libevent_core libevent,libevent-dev)
HTTP := $(call pkg,libevent_extra libevent,libevent-dev)
XXHASH := $(call pkg,libxxhash,libxxhash-dev)
PCRE2 := $(call pkg,libpcre2-8,libpcre2-dev)
JANSSON := $(call pkg,jansson,libjansson-dev)
ZLIB := $(call pkg,zlib,zlib1g-dev)
ZSTD := $(call pkg,libzstd,libzstd-dev)
ISAL := $(call pkg,libisal,libisal-dev)
OPENSSL := $(call pkg,openssl,libssl-dev)
EVENT_TLS := $(call pkg,libevent_openssl,libevent-dev)
# ZooKeeper's C client has nothing for pkg-config
ZOOKEEPER_LIBS := $(or $(shell $(CC) -DTHREADED -E -include zookeeper/zookeeper.h -x c /dev/null >/dev/null 2>&1 && echo -lzookeeper_mt),$(error libzookeeper_mt is missing: apt-get install libzookeeper-mt-dev))
# TLS to it: Debian 12's has none
ZK_TLS := $(shell printf '\043include <zookeeper/zookeeper.h>\nint main(void) { return !zookeeper_init_ssl("", "", 0, 0, 0, 0, 0); }' | \
	$(CC) -DTHREADED -DHAVE_OPENSSL_H -x c - -o /dev/null $(ZOOKEEPER_LIBS) -pthread 2>/dev/null && echo -DHAVE_OPENSSL_H -DZK_TLS)
LIB_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(MSGPACK) $(EVENT) $(XXHASH) $(PCRE2) $(JANSSON) $(ZLIB) $(ZSTD) $(ISAL) $(OPENSSL))
# msgpack-c and xxHash: only what is in the headers is used, so nothing is linked for the first
STREAM_LIBS := $(shell $(PKG_CONFIG) --libs $(XXHASH) $(EVENT)) -pthread
# xxHash may be built for every x86 processor and choose when it runs: four times as fast
XXH_DISPATCH := $(shell printf '\043include <xxh_x86dispatch.h>\nint main(void) { return (int)XXH3_64bits("", 0); }' | \
	$(CC) -x c - -o /dev/null $(STREAM_LIBS) 2>/dev/null && echo -DXXH_DISPATCH)
HTTP_LIBS := $(shell $(PKG_CONFIG) --libs $(HTTP))
# the unit tests compare with the whole of it
MSGPACK_LIBS := $(shell $(PKG_CONFIG) --libs $(MSGPACK))
PCRE2_LIBS := $(shell $(PKG_CONFIG) --libs $(PCRE2))
JANSSON_LIBS := $(shell $(PKG_CONFIG) --libs $(JANSSON))
# libevent_openssl asks for all of libevent; its core is linked already
TLS_LIBS := $(filter-out -levent,$(shell $(PKG_CONFIG) --libs $(EVENT_TLS) $(OPENSSL) $(ZSTD)))
Z_LIBS := $(shell $(PKG_CONFIG) --libs $(ZLIB) $(ZSTD) $(ISAL))
endif

CFLAGS ?= -g
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE $(OPT) $(CFLAGS) -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wvla -Wpointer-arith -Wwrite-strings -Wno-missing-field-initializers $(WERROR) $(SAN) -fno-strict-aliasing -Ilib $(LIB_CFLAGS) $(XXH_DISPATCH)
ALL_LDFLAGS = $(SAN) $(LDFLAGS)

# ---- objects: what a program is made of is its dependency diagram
BASE = buf msg opt sig wait fdio ready notify
CONN = conn conn_login conn_opts cnf
STREAM = $(BASE) mp frame val table tables gtid_set pos xid rec rec_table status stream
DDL = ddl ddl_parse ddl_rewrite sqllex
PATTERN = pattern pattern_part
WATCH = watch http status_text status_file progress
MYJSON = myjson myjson_sql shortest b64 binlog/numtext

PROGRAMS = $(patsubst src/%/,%,$(wildcard src/*/))
LIBS_binlog-tap = $(STREAM) dump_pos $(WATCH) $(CONN) schema charset $(PATTERN) $(DDL) $(BINLOG) b64 shortest myjson myjson_diff
LIBS_rowfilter = $(STREAM) $(WATCH) $(PATTERN) charset rulesfile $(EXPR)
LIBS_rowmap = $(STREAM) $(WATCH) $(PATTERN) $(DDL) charset rulesfile $(EXPR)
LIBS_rowcopy = $(STREAM) resume $(WATCH) $(CONN) schema rowread charset $(PATTERN) $(DDL)
LIBS_mysql-sink = $(STREAM) resume $(WATCH) $(CONN) $(PATTERN) address charset $(DDL) dialect dialect_table dialect_text $(MYJSON)
LIBS_rowdiff = $(STREAM) $(WATCH) $(CONN) $(PATTERN) charset rulesfile $(EXPR) schema rowread
LIBS_rowdump = $(STREAM) address charset canon $(MYJSON)
LIBS_rowundo = $(STREAM)
LIBS_rowundump = $(STREAM) charset b64 canon
LIBS_rowlink = $(BASE) $(WATCH) status pos gtid_set block child
LIBS_rowspool = $(STREAM) resume $(WATCH)
LIBS_zk-lease = buf msg opt child ready notify
BINLOG = $(patsubst lib/%.c,%,$(wildcard lib/binlog/*.c))
EXPR = address $(patsubst lib/%.c,%,$(wildcard lib/expr/*.c))

LINK_binlog-tap = $(MYSQL_LIBS) $(PCRE2_LIBS) $(Z_LIBS) $(HTTP_LIBS)
LINK_rowfilter = $(PCRE2_LIBS) $(HTTP_LIBS)
LINK_rowmap = $(PCRE2_LIBS) $(HTTP_LIBS)
LINK_mysql-sink = $(MYSQL_LIBS) $(PCRE2_LIBS) $(HTTP_LIBS)
LINK_rowcopy = $(MYSQL_LIBS) $(PCRE2_LIBS) $(HTTP_LIBS)
LINK_rowdiff = $(MYSQL_LIBS) $(PCRE2_LIBS) $(JANSSON_LIBS) $(HTTP_LIBS)
LINK_rowdump =
LINK_rowundo =
LINK_rowundump = $(JANSSON_LIBS)
LINK_rowlink = $(TLS_LIBS) $(HTTP_LIBS)
LINK_rowspool = $(HTTP_LIBS)
LINK_zk-lease = $(ZOOKEEPER_LIBS) -pthread

# what programs under t/unit are linked with: everything
UNIT = $(patsubst t/unit/%.c,%,$(wildcard t/unit/*.c))
LIBALL = $(patsubst lib/%.c,%,$(filter-out lib/conn.c lib/conn_login.c lib/schema.c,$(wildcard lib/*.c lib/binlog/*.c lib/expr/*.c)))

all: $(PROGRAMS:%=$(BIN)/%)

units: $(UNIT:%=$(B)/unit/%) $(B)/drive/damage $(B)/drive/clock.so $(B)/drive/synced.so

# what scripts/bench needs: plain clients
bench-tools: $(patsubst t/bench/%.c,$(B)/bench/%,$(wildcard t/bench/*.c))

$(B)/bench/%: t/bench/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(MYSQL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(MYSQL_LIBS)

define program
$(BIN)/$(1): $(patsubst %.c,$(B)/%.o,$(wildcard src/$(1)/*.c)) $(LIBS_$(1):%=$(B)/lib/%.o) | $(BIN)
	$$(CC) $$(ALL_LDFLAGS) -o $$@ $$(filter %.o,$$^) $$(LINK_$(1)) $$(STREAM_LIBS) -lm
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

$(B)/unit/%: t/unit/%.c $(LIBALL:%=$(B)/lib/%.o)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -MF $(B)/unit/$*.d $(ALL_LDFLAGS) -o $@ $< $(filter %.o,$^) $(PCRE2_LIBS) $(JANSSON_LIBS) $(Z_LIBS) $(HTTP_LIBS) $(STREAM_LIBS) $(MSGPACK_LIBS) -lm

# what a test drives: binlog-tap but for its main, in one process that runs it many times
$(B)/drive/damage: t/drive/damage.c $(B)/t/fuzz/check.o $(LIBALL:%=$(B)/lib/%.o) $(CONN:%=$(B)/lib/%.o) $(B)/lib/schema.o $(patsubst %.c,$(B)/%.o,$(filter-out %/main.c,$(wildcard src/binlog-tap/*.c)))
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -MF $(B)/drive/damage.d $(ALL_LDFLAGS) -o $@ $< $(sort $(filter %.o,$^)) $(LINK_binlog-tap) $(STREAM_LIBS) -lm

# what a test preloads into programs of any kind
$(B)/drive/%.so: t/drive/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(filter-out $(SAN),$(ALL_CFLAGS)) -fPIC -shared -o $@ $<

# what fuzzing starts in t/fuzz is linked with: the lib, what the targets share, and three programs whose main is a function, or
# rowspool without its main
FUZZ_SHARED = check logbits pieces supply
FUZZ_TARGETS = $(patsubst %.c,%,$(filter-out $(FUZZ_SHARED:%=%.c),$(notdir $(wildcard t/fuzz/*.c))))
FUZZ_OBJECTS = $(LIBALL:%=$(B)/lib/%.o) $(FUZZ_SHARED:%=$(B)/t/fuzz/%.o)
FUZZ_PROGRAMS = $(foreach p,rowdump rowundump rowundo,$(patsubst %.c,$(B)/%.o,$(filter-out %/main.c,$(wildcard src/$(p)/*.c))) $(B)/fuzz/$(p)_main.o)
FUZZ_SPOOL = $(patsubst %.c,$(B)/%.o,$(filter-out %/main.c,$(wildcard src/rowspool/*.c)))

fuzzers: $(FUZZ_TARGETS:%=$(B)/fuzz/%)

$(B)/fuzz/%: t/fuzz/%.c $(FUZZ_OBJECTS) $(FUZZ_PROGRAMS) $(FUZZ_SPOOL)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Wno-missing-prototypes -fsanitize=fuzzer -MMD -MP -MF $(B)/fuzz/$*.d $(ALL_LDFLAGS) -o $@ $< $(FUZZ_OBJECTS) $(if $(filter text,$*),$(FUZZ_PROGRAMS)) $(if $(filter spool,$*),$(FUZZ_SPOOL)) $(PCRE2_LIBS) $(JANSSON_LIBS) $(Z_LIBS) $(HTTP_LIBS) $(STREAM_LIBS) -lm

$(B)/fuzz/%_main.o: src/%/main.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Wno-missing-prototypes -Dmain=$*_main -MMD -MP -c -o $@ $<

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(if $(filter lib/conn.c lib/conn_login.c src/binlog-tap/% src/mysql-sink/%,$<),$(MYSQL_CFLAGS)) $(if $(filter src/zk-lease/zk.c,$<),-DTHREADED $(ZK_TLS)) -MMD -MP -c -o $@ $<

$(BIN):
	mkdir -p $@

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# ---- tests
# make check TESTS=t/4*.t PROVEFLAGS=-v      ROWFERRY_LONG=1: those that take minutes too
TESTS ?= $(sort $(wildcard t/[0-9]*.t))
PROVEFLAGS ?= -j2

check: all units
	BIN=$(BIN) B=$(B) prove $(PROVEFLAGS) $(TESTS)

# The suite with gcc's or clang's sanitizers in every program, in folders of its own. t/lib.sh turns
# what they report into failures.
asan:
	$(MAKE) B=build-asan BIN=bin-asan OPT=-O1 SAN='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' check

# The programs with Oracle's client library, in folders of their own. Where the machine has none, or another, it is
# the one that scripts/getserver unpacks: it needs a younger C library than the machine's, so these programs run under
# that one, by their own header. LIBMYSQL_PLUGIN_DIR must lead to its plug-ins for a log in to MariaDB.
ORACLE_B ?= build-oracle
ORACLE_BIN ?= bin-oracle
ORACLE = B=$(ORACLE_B) BIN=$(ORACLE_BIN) MYSQL_CFLAGS="-isystem $$home/usr/include/mysql -idirafter $$home/usr/include" \
	MYSQL_LIBS="$$home/libs/libmysqlclient.so -Wl,--allow-shlib-undefined,--disable-new-dtags,-rpath,$$(realpath $$home/libs),--dynamic-linker,$$(realpath -s $$home/loader)"

oracle:
	home=$$(scripts/getserver mysql-9.7) && $(MAKE) $(ORACLE) all

check-oracle:
	home=$$(scripts/getserver mysql-9.7) && LIBMYSQL_PLUGIN_DIR=$$home/usr/lib/mysql/plugin $(MAKE) $(ORACLE) check

# The functions that read bytes from outside, by libFuzzer under clang's sanitizers, in folders of their own; each target
# starts from t/fuzz/corpus/TARGET and keeps what it finds in build-fuzz/found.
#   make fuzz FUZZ_S=600 FUZZ=binlog
FUZZ ?= $(FUZZ_TARGETS)
FUZZ_S ?= 60
FUZZ_FLAGS ?= -max_len=8192 -timeout=10 -rss_limit_mb=1500 -malloc_limit_mb=512 -close_fd_mask=2 -print_final_stats=1
FUZZ_B ?= build-fuzz
FUZZ_SAN = -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_MAKE = $(MAKE) CC=clang B=$(FUZZ_B) OPT=-O1 SAN='$(FUZZ_SAN)'

fuzz:
	$(FUZZ_MAKE) $(FUZZ:%=$(FUZZ_B)/fuzz/%)
	for t in $(FUZZ); do mkdir -p $(FUZZ_B)/found $(FUZZ_B)/corpus/$$t && echo "== $$t" && \
		$(FUZZ_B)/fuzz/$$t $(FUZZ_FLAGS) -max_total_time=$(FUZZ_S) -artifact_prefix=$(FUZZ_B)/found/$$t- \
			$(FUZZ_B)/corpus/$$t t/fuzz/corpus/$$t || exit 1; done

# the targets alone, for t/9030-fuzz.t and t/fuzz/make-corpus
fuzz-targets:
	$(FUZZ_MAKE) fuzzers

# ---- install
MANPAGES = $(wildcard man/*.[157])
EXAMPLES = $(filter-out %~,$(wildcard examples/*))

install: all
	install -d $(DESTDIR)$(BINDIR) $(foreach s,1 5 7,$(DESTDIR)$(MANDIR)/man$(s)) $(DESTDIR)$(DOCDIR)/examples
	install -m 755 $(PROGRAMS:%=$(BIN)/%) $(DESTDIR)$(BINDIR)
	$(foreach m,$(MANPAGES),install -m 644 $(m) $(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(m))) &&) true
	$(foreach e,$(EXAMPLES),install -m $(if $(filter %.sh,$(e)),755,644) $(e) $(DESTDIR)$(DOCDIR)/examples &&) true
	install -m 644 README.md $(DESTDIR)$(DOCDIR)

uninstall:
	rm -f $(PROGRAMS:%=$(DESTDIR)$(BINDIR)/%)
	rm -f $(foreach m,$(MANPAGES),$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))
	rm -f $(EXAMPLES:%=$(DESTDIR)$(DOCDIR)/%) $(DESTDIR)$(DOCDIR)/README.md
	-rmdir $(DESTDIR)$(DOCDIR)/examples $(DESTDIR)$(DOCDIR)

# ---- the house
CSOURCES = $(wildcard lib/*.[ch] lib/*/*.[ch] src/*/*.[ch] t/unit/*.[ch] t/drive/*.[ch] t/fuzz/*.[ch] t/bench/*.[ch])
HEADERS = $(filter %.h,$(CSOURCES))
SHELL_SOURCES = t/lib.sh $(shell grep -lE '^.!/bin/(ba)?sh' $(wildcard scripts/* .ci/run t/*.t examples/* t/fuzz/make*))
CLANG_FORMAT ?= clang-format

fmt:
	$(CLANG_FORMAT) -i $(CSOURCES)

fmt-check:
	$(CLANG_FORMAT) --dry-run -Werror $(CSOURCES)

lint: fmt-check
	shellcheck -S warning $(filter-out t/%.t,$(SHELL_SOURCES))
	shellcheck -S warning -e SC2034 $(filter t/%.t,$(SHELL_SOURCES)) # t/lib.sh reads what they set
	mandoc -T lint -W warning $(wildcard man/*.[157])
	scripts/layers

# every header stands on its own feet
hdr-check: $(HEADERS:%=$(B)/hdr/%.ok)

$(B)/hdr/%.ok: % $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(MYSQL_CFLAGS) -fsyntax-only -include $< -x c /dev/null
	@touch $@

clean:
	rm -rf build bin build-asan bin-asan build-oracle bin-oracle build-fuzz

help:
	@echo 'make                build bin/*                   CC=clang  WERROR=  OPT=-O0  MYSQL=mysqlclient'
	@echo 'make check          run the tests                 TESTS=t/4*.t  PROVEFLAGS=-v  ROWFERRY_LONG=1'
	@echo 'make asan           run them with sanitizers'
	@echo 'make fuzz           fuzz what reads bytes from outside   FUZZ=binlog  FUZZ_S=600'
	@echo 'make oracle         build bin-oracle/* with Oracle'\''s client library; make check-oracle runs the tests so'
	@echo 'make install        PREFIX=$(PREFIX)  DESTDIR=    and make uninstall'
	@echo 'make fmt            format the C sources          make fmt-check only looks'
	@echo 'make lint           format, shellcheck, mandoc, layers'
	@echo 'make hdr-check      compile each header alone'
	@echo 'make clean          remove what was built'
	@echo 'scripts/deps        install what is missing       scripts/test, scripts/demo: see README.md'

.PHONY: all units bench-tools check asan oracle check-oracle install uninstall fmt fmt-check lint hdr-check clean help
.DELETE_ON_ERROR:
.SECONDARY:
