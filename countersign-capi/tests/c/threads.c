/*
 * Many contexts on several threads; encrypting and decrypting on two threads of one context;
 * deleting a context while others use it.
 */
#include <pthread.h>

#include "check.h"

#define THREADS 4
#define CONTEXTS 12
#define MESSAGES 200

/* Results of one thread; the main thread reports them. */
struct work {
    pthread_t thread;
    int faults;
    int done;
};

/* Every thread has contexts of its own. */
static void *many_contexts(void *argument)
{
    struct work *work = (struct work *)argument;
    int n, m;
    for (n = 0; n < CONTEXTS; n++) {
        struct pair pair;
        if (pair_open(&pair, PROTECTED_REQ, PROTECTED_ASC) != SEC_E_OK) {
            work->faults++;
            pair_close(&pair);
            continue;
        }
        for (m = 0; m < 10; m++) {
            unsigned char token[16];
            char text[32] = {0};
            snprintf(text, sizeof(text), "message %d", m);
            if (seal(&pair.client, 0, token, text, sizeof(text)) != SEC_E_OK ||
                unseal(&pair.server, token, text, sizeof(text)) != SEC_E_OK ||
                atoi(text + 8) != m) {
                work->faults++;
            }
        }
        work->done++;
        pair_close(&pair);
    }
    return NULL;
}

/* PROVES: API-ISC-12 */
static void separate_contexts(void)
{
    struct work works[THREADS];
    int n, faults = 0, done = 0;
    memset(works, 0, sizeof(works));
    for (n = 0; n < THREADS; n++) {
        must("thread", pthread_create(&works[n].thread, NULL, many_contexts, &works[n]) == 0);
    }
    for (n = 0; n < THREADS; n++) {
        pthread_join(works[n].thread, NULL);
        faults += works[n].faults;
        done += works[n].done;
    }
    check("contexts of their own", faults == 0 && done == THREADS * CONTEXTS);
}

/* Messages on their way from one thread to another, in order. */
struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int filled;
    unsigned char tokens[MESSAGES][16];
    unsigned char data[MESSAGES][64];
};

struct half {
    struct work work;
    CtxtHandle *context;
    struct queue *queue;
};

static void *encrypting(void *argument)
{
    struct half *half = (struct half *)argument;
    int n;
    for (n = 0; n < MESSAGES; n++) {
        memset(half->queue->data[n], n & 0xFF, 64);
        if (seal(half->context, 0, half->queue->tokens[n], half->queue->data[n], 64) != SEC_E_OK) {
            half->work.faults++;
        }
        pthread_mutex_lock(&half->queue->mutex);
        half->queue->filled = n + 1;
        pthread_cond_signal(&half->queue->changed);
        pthread_mutex_unlock(&half->queue->mutex);
        half->work.done++;
    }
    return NULL;
}

static void *decrypting(void *argument)
{
    struct half *half = (struct half *)argument;
    int n, m;
    for (n = 0; n < MESSAGES; n++) {
        pthread_mutex_lock(&half->queue->mutex);
        while (half->queue->filled <= n) {
            pthread_cond_wait(&half->queue->changed, &half->queue->mutex);
        }
        pthread_mutex_unlock(&half->queue->mutex);
        if (unseal(half->context, half->queue->tokens[n], half->queue->data[n], 64) != SEC_E_OK) {
            half->work.faults++;
        }
        for (m = 0; m < 64; m++) {
            if (half->queue->data[n][m] != (n & 0xFF)) {
                half->work.faults++;
                break;
            }
        }
        half->work.done++;
    }
    return NULL;
}

/* Both contexts encrypt on one thread and decrypt on another. PROVES: API-ISC-12 */
static void both_directions(void)
{
    static struct queue there, back;
    struct pair pair;
    struct half halves[4];
    void *(*const what[4])(void *) = {encrypting, decrypting, encrypting, decrypting};
    int n, faults = 0, done = 0;

    memset(halves, 0, sizeof(halves));
    pthread_mutex_init(&there.mutex, NULL);
    pthread_cond_init(&there.changed, NULL);
    pthread_mutex_init(&back.mutex, NULL);
    pthread_cond_init(&back.changed, NULL);
    must("pair", pair_open(&pair, PROTECTED_REQ, PROTECTED_ASC) == SEC_E_OK);
    halves[0].context = &pair.client;
    halves[0].queue = &there;
    halves[1].context = &pair.server;
    halves[1].queue = &there;
    halves[2].context = &pair.server;
    halves[2].queue = &back;
    halves[3].context = &pair.client;
    halves[3].queue = &back;
    for (n = 0; n < 4; n++) {
        must("thread", pthread_create(&halves[n].work.thread, NULL, what[n], &halves[n]) == 0);
    }
    for (n = 0; n < 4; n++) {
        pthread_join(halves[n].work.thread, NULL);
        faults += halves[n].work.faults;
        done += halves[n].work.done;
    }
    check("both directions at once", faults == 0 && done == 4 * MESSAGES);
    pair_close(&pair);
    pthread_mutex_destroy(&there.mutex);
    pthread_cond_destroy(&there.changed);
    pthread_mutex_destroy(&back.mutex);
    pthread_cond_destroy(&back.changed);
}

struct shared {
    struct work work;
    CtxtHandle context;
    pthread_barrier_t *start;
};

/* Uses a context until it is gone. */
static void *using_it(void *argument)
{
    struct shared *shared = (struct shared *)argument;
    pthread_barrier_wait(shared->start);
    for (;;) {
        unsigned char token[16];
        unsigned char data[256];
        SecPkgContext_NamesA names;
        SECURITY_STATUS status;
        memset(data, 0, sizeof(data));
        status = seal(&shared->context, 0, token, data, sizeof(data));
        if (status == SEC_E_OK) {
            names.sUserName = NULL;
            status = QueryContextAttributesA(&shared->context, SECPKG_ATTR_NAMES, &names);
            if (status == SEC_E_OK && FreeContextBuffer(names.sUserName) != SEC_E_OK) {
                shared->work.faults++;
            }
        }
        if (status == SEC_E_INVALID_HANDLE) {
            return NULL;
        }
        if (status != SEC_E_OK) {
            shared->work.faults++;
            return NULL;
        }
        shared->work.done++;
    }
}

/* A use finds the context or finds none. PROVES: API-ISC-12 API-ISC-13 */
static void delete_meanwhile(void)
{
    int round, faults = 0;
    for (round = 0; round < 20; round++) {
        struct pair pair;
        struct shared users[THREADS];
        pthread_barrier_t start;
        int n;
        must("pair", pair_open(&pair, PROTECTED_REQ, PROTECTED_ASC) == SEC_E_OK);
        must("barrier", pthread_barrier_init(&start, NULL, THREADS + 1) == 0);
        memset(users, 0, sizeof(users));
        for (n = 0; n < THREADS; n++) {
            users[n].context = pair.client;
            users[n].start = &start;
            must("thread", pthread_create(&users[n].work.thread, NULL, using_it, &users[n]) == 0);
        }
        pthread_barrier_wait(&start);
        if (DeleteSecurityContext(&pair.client) != SEC_E_OK) {
            faults++;
        }
        for (n = 0; n < THREADS; n++) {
            pthread_join(users[n].work.thread, NULL);
            faults += users[n].work.faults;
        }
        pthread_barrier_destroy(&start);
        pair_close(&pair);
    }
    check("deleted while in use", faults == 0);
}

struct deleter {
    struct work work;
    CtxtHandle *contexts;
    pthread_barrier_t *start;
};

static void *deleting(void *argument)
{
    struct deleter *deleter = (struct deleter *)argument;
    int n;
    pthread_barrier_wait(deleter->start);
    for (n = 0; n < CONTEXTS; n++) {
        if (DeleteSecurityContext(&deleter->contexts[n]) != SEC_E_OK) {
            deleter->work.faults++;
        }
    }
    return NULL;
}

/* Everybody deletes the same contexts. PROVES: API-ISC-13 */
static void deleted_by_all(void)
{
    struct pair pairs[CONTEXTS];
    CtxtHandle contexts[CONTEXTS];
    struct deleter deleters[THREADS];
    pthread_barrier_t start;
    int n, faults = 0;
    for (n = 0; n < CONTEXTS; n++) {
        must("pair", pair_open(&pairs[n], PROTECTED_REQ, PROTECTED_ASC) == SEC_E_OK);
        contexts[n] = pairs[n].server;
    }
    memset(deleters, 0, sizeof(deleters));
    must("barrier", pthread_barrier_init(&start, NULL, THREADS) == 0);
    for (n = 0; n < THREADS; n++) {
        deleters[n].contexts = contexts;
        deleters[n].start = &start;
        must("thread", pthread_create(&deleters[n].work.thread, NULL, deleting, &deleters[n]) == 0);
    }
    for (n = 0; n < THREADS; n++) {
        pthread_join(deleters[n].work.thread, NULL);
        faults += deleters[n].work.faults;
    }
    check("deleted by all", faults == 0);
    pthread_barrier_destroy(&start);
    for (n = 0; n < CONTEXTS; n++) {
        pair_close(&pairs[n]);
    }
}

int main(void)
{
    separate_contexts();
    both_directions();
    delete_meanwhile();
    deleted_by_all();
    return finish("threads");
}
