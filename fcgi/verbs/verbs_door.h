/* ADMIT_USER, REFUSE_USER, SET_DOOR and GET_INVITATION. Handlers take the request over. The core's thread. */
#pragma once
#include "common/verb.h"

typedef struct {
  char *ticket;
  char *knock;
} AnswerKnock;

typedef struct {
  char *ticket;
  char *door;
} SetDoor;

typedef struct {
  char *ticket;
} GetInvitation;

extern const Field verbs_answer_knock_fields[];
extern const Field verbs_set_door_fields[];
extern const Field verbs_get_invitation_fields[];

void verbs_admit_user(gpointer request, gpointer arguments);
void verbs_refuse_user(gpointer request, gpointer arguments);
void verbs_set_door(gpointer request, gpointer arguments);
void verbs_get_invitation(gpointer request, gpointer arguments);
