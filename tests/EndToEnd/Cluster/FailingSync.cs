using RaftCluster.Chaos;
using RaftCluster.Chaos.Faults;

namespace RaftCluster.Tests.EndToEnd.Cluster;

/// <summary>
/// A disk that from a moment on fails to bring anything to rest: in one node's process every fdatasync ends with EIO then,
/// by a filter in the kernel, while writes go on to succeed.
/// </summary>
/// <param name="library">A library to load into the node first.</param>
/// <param name="pipe">The named pipe on which it waits for the moment.</param>
internal sealed class FailingSync(string library, string pipe)
{
    private const string Source = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <pthread.h>
        #include <stddef.h>
        #include <stdlib.h>
        #include <unistd.h>
        #include <sys/prctl.h>
        #include <sys/syscall.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>

        static void *fail_from_now_on(void *pipe)
        {
            struct sock_filter rules[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fdatasync, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
            };
            struct sock_fprog filter = { sizeof rules / sizeof rules[0], rules };
            if (open(pipe, O_RDONLY) < 0 /* waits until somebody writes */
                || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
                || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0)
            {
                abort();
            }
            return NULL;
        }

        __attribute__((constructor)) static void wait_for_the_moment(void)
        {
            pthread_t thread;
            char *pipe = getenv("FAIL_SYNC_WHEN");
            if (pipe != NULL && pthread_create(&thread, NULL, fail_from_now_on, pipe) != 0)
            {
                abort();
            }
        }
        """;

    /// <summary>Makes one, or skips the test and says why.</summary>
    /// <param name="folder">Where its files go.</param>
    public static async Task<FailingSync> MakeAsync(string folder)
    {
        var pipe = Path.Combine(folder, "fail-sync");
        var (source, library) = (pipe + ".c", pipe + ".so");
        await File.WriteAllTextAsync(source, Source, TestContext.Current.CancellationToken);
        try
        {
            await Tool.RunAsync("gcc", "-shared", "-fPIC", "-O1", "-pthread", "-o", library, source);
            await Tool.RunAsync("mkfifo", pipe);
        }
        catch (HarnessException unable)
        {
            Assert.Skip($"a failing sync can't be made here: {unable.Message}");
        }

        return new FailingSync(library, pipe);
    }

    /// <summary>The environment of a node that is to meet it.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = library,
        ["FAIL_SYNC_WHEN"] = pipe,
    };

    /// <summary>Fails every sync from now on.</summary>
    public Task BeginAsync() => File.WriteAllTextAsync(pipe, "now", TestContext.Current.CancellationToken);
}
