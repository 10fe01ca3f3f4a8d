#include "command_line.h"
#include "unit.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

char command_line_output[1 << 16];

static void read_output(const char *path)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t size = fread(command_line_output, 1, sizeof(command_line_output) - 1, file);
    command_line_output[size] = '\0';
    fclose(file);
}

int command_line_run(const struct server_fixture *server, const char *const *arguments)
{
    char program[300], database[300], path[300];
    char *words[20] = {(char *)"lt"};
    const char *bin = getenv("LT_BIN");
    size_t count = 1;
    snprintf(program, sizeof(program), "%s/lt", bin ? bin : "bin");
    snprintf(database, sizeof(database), "%s", server_fixture_target(server));
    snprintf(path, sizeof(path), "%s/output", server_fixture_folder(server));
    for (size_t i = 0; arguments[i]; i++)
        words[count++] = (char *)arguments[i];
    words[count++] = (char *)"--database";
    words[count++] = database;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (file >= 0 && dup2(file, STDOUT_FILENO) >= 0 && dup2(file, STDERR_FILENO) >= 0)
            execv(program, words);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    read_output(path);
    return WEXITSTATUS(status);
}

void command_line_expect(int status, int wanted, const char *text)
{
    if (status != wanted || !strstr(command_line_output, text))
        fail_msg("status %d, wanted %d and \"%s\":\n%s", status, wanted, text, command_line_output);
}
