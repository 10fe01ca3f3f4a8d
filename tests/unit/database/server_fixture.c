#include "database/server_fixture.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIXTURE_PATH_SIZE 108 /* of a Unix socket */
#define FIXTURE_ARGUMENTS_MAX 40
#define FIXTURE_START_MS_MAX 20000

struct server_fixture {
    char folder[64], data[80], log[80], target[160], socket[FIXTURE_PATH_SIZE];
    char programs[200]; /* the folder of initdb and postgres */
    const char *settings[FIXTURE_ARGUMENTS_MAX];
    pid_t pid;
};

static _Noreturn void fixture_die(const struct server_fixture *s, const char *what)
{
    fprintf(stderr, "test server: %s failed: %s; its log is %s\n", what, strerror(errno), s->log);
    exit(1);
}

/* Never returns: runs ARGUMENTS in a child as the server's user, with its output in the log. */
static _Noreturn void fixture_execute(const struct server_fixture *s, const char *const *arguments)
{
    int log = open(s->log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    const struct passwd *user = getpwnam("postgres");
    if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        _exit(126);
    if (geteuid() == 0 && (!user || fchmod(log, 0666) || initgroups("postgres", user->pw_gid) || setgid(user->pw_gid) ||
                           setuid(user->pw_uid)))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT); /* after setuid, which clears it */
    setpgid(0, 0);                    /* Ctrl-C at the test does not reach it before the test has */
    if (chdir(s->folder))
        _exit(126);
    execv(arguments[0], (char *const *)arguments);
    _exit(127);
}

static pid_t fixture_spawn(const struct server_fixture *s, const char *const *arguments)
{
    pid_t pid = fork();
    if (pid < 0)
        fixture_die(s, "fork");
    if (pid == 0)
        fixture_execute(s, arguments);
    return pid;
}

static void fixture_find_programs(struct server_fixture *s)
{
    glob_t found;
    const char *given = getenv("LT_POSTGRES_BIN");
    if (given) {
        snprintf(s->programs, sizeof(s->programs), "%s", given);
        return;
    }
    if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) != 0) {
        fprintf(stderr,
                "test server: no PostgreSQL found; install Debian's package postgresql, or set LT_POSTGRES_BIN\n");
        exit(1);
    }
    const char *last = found.gl_pathv[found.gl_pathc - 1];
    snprintf(s->programs, sizeof(s->programs), "%.*s", (int)(strrchr(last, '/') - last), last);
    globfree(&found);
}

static void fixture_make_folder(struct server_fixture *s)
{
    const struct passwd *user = getpwnam("postgres");
    snprintf(s->folder, sizeof(s->folder), "/tmp/lienthong-test-XXXXXX");
    if (!mkdtemp(s->folder))
        fixture_die(s, "mkdtemp");
    if (geteuid() == 0 && user && chown(s->folder, user->pw_uid, user->pw_gid))
        fixture_die(s, "chown");
    snprintf(s->data, sizeof(s->data), "%s/data", s->folder);
    snprintf(s->log, sizeof(s->log), "%s/log", s->folder);
    snprintf(s->socket, sizeof(s->socket), "%s/.s.PGSQL.5432", s->folder);
    snprintf(s->target, sizeof(s->target), "host=%s port=5432 user=postgres dbname=postgres", s->folder);
}

static void fixture_initialise(struct server_fixture *s)
{
    char program[240];
    int status = 0;
    snprintf(program, sizeof(program), "%s/initdb", s->programs);
    const char *const arguments[] = {program,     "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
                                     "--no-sync", "-D", s->data, NULL};
    pid_t pid = fixture_spawn(s, arguments);
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fixture_die(s, "initdb");
}

static void fixture_run(struct server_fixture *s)
{
    char program[240];
    const char *arguments[FIXTURE_ARGUMENTS_MAX * 3] = {program,
                                                        "-D",
                                                        s->data,
                                                        "-k",
                                                        s->folder,
                                                        "-c",
                                                        "listen_addresses=",
                                                        "-c",
                                                        "fsync=off",
                                                        "-c",
                                                        "shared_buffers=16MB",
                                                        "-c",
                                                        "max_connections=20",
                                                        "-c",
                                                        "logging_collector=off"};
    size_t n = 15;
    snprintf(program, sizeof(program), "%s/postgres", s->programs);
    for (size_t i = 0; s->settings[i]; i++) {
        arguments[n++] = "-c";
        arguments[n++] = s->settings[i];
    }
    s->pid = fixture_spawn(s, arguments);
    for (int waited_ms = 0; PQping(s->target) != PQPING_OK; waited_ms += 20) {
        if (waited_ms > FIXTURE_START_MS_MAX || waitpid(s->pid, NULL, WNOHANG) != 0)
            fixture_die(s, "starting");
        usleep(20000);
    }
}

struct server_fixture *server_fixture_start(const char *const *settings)
{
    struct server_fixture *s = memory_new(sizeof(*s));
    for (size_t i = 0; settings && settings[i] && i + 1 < FIXTURE_ARGUMENTS_MAX; i++)
        s->settings[i] = settings[i];
    fixture_find_programs(s);
    fixture_make_folder(s);
    fixture_initialise(s);
    fixture_run(s);
    return s;
}

static int fixture_remove(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    (void)st, (void)kind, (void)place;
    return remove(path);
}

struct server_fixture *server_fixture_stop(struct server_fixture *s)
{
    if (!s)
        return NULL;
    kill(s->pid, SIGQUIT);
    waitpid(s->pid, NULL, 0);
    nftw(s->folder, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
    free(s);
    return NULL;
}

void server_fixture_crash(struct server_fixture *s)
{
    kill(s->pid, SIGQUIT);
    waitpid(s->pid, NULL, 0);
    fixture_run(s);
}

const char *server_fixture_target(const struct server_fixture *s)
{
    return s->target;
}

const char *server_fixture_socket(const struct server_fixture *s)
{
    return s->socket;
}

const char *server_fixture_folder(const struct server_fixture *s)
{
    return s->folder;
}
