#include "streamer/session/users.h"

#include <string.h>

struct Users {
  GPtrArray *list;                  /* of User */
  gint64 came;                      /* how many in all */
  GQueue barred;                    /* of char *, the newest last */
  guint bars;                       /* how many ever were */
  GHashTable *rates[USERS_N_RATES]; /* id -> Bucket: what they did of each */
  GHashTable *seen;                 /* set of ids: who was in */
};

static void user_free(gpointer data) {
  User *user = data;
  g_free(user->id);
  g_free(user->name);
  g_free(user->role);
  g_free(user);
}

Users *users_new(void) {
  Users *users = g_new0(Users, 1);
  users->list = g_ptr_array_new_with_free_func(user_free);
  for (UsersRate rate = 0; rate < USERS_N_RATES; rate++)
    users->rates[rate] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  users->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return users;
}

void users_free(Users *users) {
  if (!users)
    return;
  g_ptr_array_unref(users->list);
  g_queue_clear_full(&users->barred, g_free);
  for (UsersRate rate = 0; rate < USERS_N_RATES; rate++)
    g_hash_table_unref(users->rates[rate]);
  g_hash_table_unref(users->seen);
  g_free(users);
}

static User *find_user(const Users *users, const char *id) {
  for (guint i = 0; i < users->list->len; i++) {
    User *user = users->list->pdata[i];
    if (g_str_equal(user->id, id))
      return user;
  }
  return NULL;
}

const User *users_find(const Users *users, const char *id) {
  return find_user(users, id);
}

guint users_count(const Users *users) {
  return users->list->len;
}

const User *users_nth(const Users *users, guint n) {
  return users->list->pdata[n];
}

/* ---- names ---- */

/* Whether it has a place in a line of text that others are to trust. Joiners stay: emoji and some scripts
 * need them. */
static gboolean is_seen(gunichar character) {
  switch (g_unichar_type(character)) {
  case G_UNICODE_CONTROL:
  case G_UNICODE_LINE_SEPARATOR:
  case G_UNICODE_PARAGRAPH_SEPARATOR:
    return FALSE;
  case G_UNICODE_FORMAT:
    return character == 0x200C || character == 0x200D;
  default:
    return TRUE;
  }
}

/* One line of valid UTF-8 of at most USERS_NAME_MAX bytes. */
char *users_tidy_name(const char *name) {
  GString *tidied = g_string_new(NULL);
  g_autofree char *valid = g_utf8_make_valid(name, -1);
  g_strstrip(valid);
  for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
    gunichar character = g_utf8_get_char(at);
    if (!is_seen(character))
      continue;
    if (tidied->len + (gsize)g_unichar_to_utf8(character, NULL) > USERS_NAME_MAX)
      break;
    g_string_append_unichar(tidied, character);
  }
  return g_strstrip(g_string_free(tidied, FALSE));
}

gboolean users_set_name(Users *users, const char *id, const char *name) {
  User *user = find_user(users, id);
  g_autofree char *tidied = users_tidy_name(name);
  if (!user || g_str_equal(user->name, tidied))
    return FALSE;
  g_free(user->name);
  user->name = g_steal_pointer(&tidied);
  return TRUE;
}

/* ---- coming and going ---- */

static gboolean is_gone(gpointer id, gpointer value, gpointer users) {
  return find_user(users, id) == NULL;
}

static void note_seen(Users *users, const char *id) {
  if (g_hash_table_size(users->seen) >= users->list->len + USERS_GONE_MAX)
    g_hash_table_foreach_remove(users->seen, is_gone, users);
  g_hash_table_add(users->seen, g_strdup(id));
}

gboolean users_has_been_in(const Users *users, const char *id) {
  return g_hash_table_contains(users->seen, id);
}

const User *users_admit(Users *users, const char *id, const char *name, const char *role, guint limit,
                        gint64 now_us, gboolean *joined) {
  User *user = find_user(users, id);
  if (joined)
    *joined = !user;
  if (!user) {
    if (limit > 0 && users->list->len >= limit)
      return NULL;
    user = g_new0(User, 1);
    user->id = g_strdup(id);
    user->name = g_strdup("");
    user->role = g_strdup(role);
    user->number = ++users->came;
    user->active_at_us = now_us;
    g_ptr_array_add(users->list, user);
    note_seen(users, id);
  }
  if (name && *name)
    users_set_name(users, id, name);
  user->absent_since_us = now_us;
  return user;
}

gint64 users_note_connection(Users *users, const char *id) {
  User *user = find_user(users, id);
  if (!user)
    return 0;
  user->is_going = FALSE;
  return ++user->connection;
}

void users_note_going(Users *users, const char *id) {
  User *user = find_user(users, id);
  if (user)
    user->is_going = TRUE;
}

void users_hold(Users *users, const char *id) {
  User *user = find_user(users, id);
  if (user)
    user->holds++;
}

gboolean users_release(Users *users, const char *id, gint64 now_us) {
  User *user = find_user(users, id);
  /* Who was removed and came again may be let go by what held them before. */
  if (!user || user->holds == 0)
    return FALSE;
  user->holds--;
  user->absent_since_us = now_us;
  return user->holds == 0;
}

void users_note_activity(Users *users, const char *id, gint64 now_us) {
  User *user = find_user(users, id);
  if (user)
    user->active_at_us = now_us;
}

static Bucket *bucket_of(Users *users, UsersRate rate, const char *id) {
  GHashTable *buckets = users->rates[rate];
  Bucket *bucket = g_hash_table_lookup(buckets, id);
  if (bucket)
    return bucket;
  if (g_hash_table_size(buckets) >= users->list->len + USERS_GONE_MAX)
    g_hash_table_foreach_remove(buckets, is_gone, users);
  bucket = g_new0(Bucket, 1);
  g_hash_table_insert(buckets, g_strdup(id), bucket);
  return bucket;
}

gboolean users_take(Users *users, UsersRate rate, const char *id, const BucketRule *rule, double cost,
                    gint64 now_us, guint *wait_seconds) {
  Bucket *bucket = bucket_of(users, rate, id);
  if (bucket_take(bucket, rule, cost, now_us))
    return TRUE;
  *wait_seconds = bucket_wait_seconds(bucket, rule, cost);
  return FALSE;
}

gboolean users_remove(Users *users, const char *id) {
  User *user = find_user(users, id);
  return user && g_ptr_array_remove(users->list, user);
}

void users_bar(Users *users, const char *id) {
  if (users_is_barred(users, id))
    return;
  users->bars++;
  g_queue_push_tail(&users->barred, g_strdup(id));
  if (users->barred.length > USERS_BARRED_MAX)
    g_free(g_queue_pop_head(&users->barred));
}

gboolean users_is_barred(const Users *users, const char *id) {
  return g_queue_find_custom((GQueue *)&users->barred, id, (GCompareFunc)g_strcmp0) != NULL;
}

guint users_count_barred(const Users *users) {
  return users->bars;
}

char **users_list_barred(const Users *users, guint most) {
  GQueue *barred = (GQueue *)&users->barred;
  guint first = barred->length - MIN(barred->length, most);
  if (barred->length == 0)
    return NULL;
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
  for (GList *link = g_queue_peek_nth_link(barred, first); link; link = link->next)
    g_strv_builder_add(builder, link->data);
  return g_strv_builder_end(builder);
}

gboolean users_is_anybody_present(const Users *users) {
  for (guint i = 0; i < users->list->len; i++)
    if (((const User *)users->list->pdata[i])->holds > 0)
      return TRUE;
  return FALSE;
}

/* Who is waited for longer than the others; NULL: nobody. */
static const User *find_awaited(const Users *users) {
  const User *first = NULL;
  if (users_is_anybody_present(users))
    return NULL;
  for (guint i = 0; i < users->list->len; i++) {
    const User *user = users->list->pdata[i];
    if (user->is_going)
      continue;
    if (users_is_host(user))
      return user;
    first = first ? first : user;
  }
  return first;
}

const User *users_next_gone(const Users *users, gint64 now_us, gint64 grace_us, gint64 alone_grace_us) {
  const User *awaited = find_awaited(users);
  for (guint i = 0; i < users->list->len; i++) {
    const User *user = users->list->pdata[i];
    gint64 its_us = user == awaited ? alone_grace_us : grace_us;
    if (user->holds == 0 && now_us - user->absent_since_us >= its_us)
      return user;
  }
  return NULL;
}

gint64 users_next_deadline(const Users *users, gint64 grace_us, gint64 alone_grace_us) {
  const User *awaited = find_awaited(users);
  gint64 deadline = G_MAXINT64;
  for (guint i = 0; i < users->list->len; i++) {
    const User *user = users->list->pdata[i];
    if (user->holds == 0)
      deadline = MIN(deadline, user->absent_since_us + (user == awaited ? alone_grace_us : grace_us));
  }
  return deadline;
}

gboolean users_is_host(const User *user) {
  return g_str_equal(user->role, "host");
}

const User *users_first_host(const Users *users, const char *except) {
  for (guint i = 0; i < users->list->len; i++) {
    const User *user = users->list->pdata[i];
    if (users_is_host(user) && g_strcmp0(user->id, except) != 0)
      return user;
  }
  return NULL;
}
