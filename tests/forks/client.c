/* Does what `python WORD...` does: as a fork where it can, else by being that Python.

   It stands in the place of Python in the virtual environment of a worker's tests, and each process
   that they start pays for it: a Python that asked would cost more than what many of the forks do.
   Compiled with SOCKET (where the forks are asked for), PYTHON, and PACKAGES with LIST: a script
   that lists the packages, and what it says. */

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define PROGRAMS "pulumi-language-python-exec"
#define FILES 3 /* standard input, output and error */

extern char **environ;
static volatile pid_t child;
static int of_a_host;

static void alone(char **argv) {
    argv[0] = PYTHON;
    execv(PYTHON, argv);
    _exit(127);
}

/* The language host interrupts a program and kills it at once: it has no time to say so. "At once"
   is long where the machine is busy. */
static void pass_on(int number) {
    if (of_a_host)
        sleep(1);
    kill(child, number);
}

/* The next number that the server says; 0 where it says none. */
static int32_t answer(int at) {
    uint32_t said;
    size_t got = 0;
    while (got < sizeof said) {
        ssize_t more = recv(at, (char *)&said + got, sizeof said - got, 0);
        if (more > 0)
            got += more;
        else if (more == 0 || errno != EINTR)
            return 0;
    }
    return (int32_t)ntohl(said);
}

/* Options, words, folder and variables, each text with a zero at its end; the size before them. */
static char *asked(int options, char **words, size_t *size) {
    char counts[32], folder[4096];
    int count = 0;
    char *text;
    FILE *out = open_memstream(&text, size);
    if (!out || !getcwd(folder, sizeof folder))
        return NULL;
    while (words[count])
        count++;
    fwrite("size", 1, 4, out);
    snprintf(counts, sizeof counts, "%d %d", options, count);
    fwrite(counts, 1, strlen(counts) + 1, out);
    for (int i = 0; i < count; i++)
        fwrite(words[i], 1, strlen(words[i]) + 1, out);
    fwrite(folder, 1, strlen(folder) + 1, out);
    for (char **each = environ; *each; each++)
        fwrite(*each, 1, strlen(*each) + 1, out);
    if (fclose(out))
        return NULL;
    uint32_t rest = htonl(*size - 4);
    memcpy(text, &rest, 4);
    return text;
}

/* Sends all of it; with the first part, this process's files. */
static int sent(int at, char *text, size_t size) {
    int files[FILES] = {0, 1, 2};
    union {
        char room[CMSG_SPACE(sizeof files)];
        struct cmsghdr header;
    } control;
    struct iovec part = {text, 4};
    struct msghdr message = {0};
    memset(&control, 0, sizeof control);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control.room;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof files);
    memcpy(CMSG_DATA(header), files, sizeof files);
    if (sendmsg(at, &message, 0) != 4)
        return 0;
    for (size_t done = 4; done < size;) {
        ssize_t more = send(at, text + done, size - done, 0);
        if (more < 0)
            return 0;
        done += more;
    }
    return 1;
}

int main(int argc, char **argv) {
    char **words = argv + 1;
    int options = 0, known;
    if (argc == 3 && !strcmp(words[0], "-I") && !strcmp(words[1], PACKAGES))
        return execlp("cat", "cat", LIST, (char *)NULL);
    while (words[options] && (!strcmp(words[options], "-u") || !strcmp(words[options], "-m")))
        options++;
    known = words[options] && words[options][0] != '-' && !getenv("TESTS_WITHOUT_FORKS");
    for (char **word = words; known && *word; word++)
        of_a_host |= strstr(*word, PROGRAMS) != NULL;
    if (known)
        signal(SIGINT, SIG_DFL);
    struct sockaddr_un place = {.sun_family = AF_UNIX, .sun_path = SOCKET};
    int at = known ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    size_t size = 0;
    char *text = at < 0 ? NULL : asked(options, words, &size);
    if (!text || connect(at, (struct sockaddr *)&place, sizeof place) || !sent(at, text, size))
        alone(argv);
    /* Until there is a fork to pass it on to, a signal ends this without a word. */
    child = answer(at);
    if (!child)
        alone(argv);
    /* `forks_of` finds the fork by this. */
    FILE *name = fopen("/proc/self/comm", "w");
    if (name) {
        fprintf(name, "fork %d", (int)child);
        fclose(name);
    }
    int passed[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        sigaction(passed[i], &(struct sigaction){.sa_handler = pass_on}, NULL);
    int32_t status = answer(at);
    if (status < 0) {
        if (-status != SIGKILL)
            signal(-status, SIG_DFL);
        kill(getpid(), -status);
    }
    _exit(status);
}
