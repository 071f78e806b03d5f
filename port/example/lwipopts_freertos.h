/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP in a task of its own: what port/freertos asks for, and the sizes that go with it. */
#ifndef GATEWAY_LWIPOPTS_FREERTOS_H
#define GATEWAY_LWIPOPTS_FREERTOS_H

#define NO_SYS 0
#define SYS_LIGHTWEIGHT_PROT 1
#define LWIP_NETCONN 1
#define LWIP_COMPAT_MUTEX 0

/* Calls run in the caller's task under a lock: no message, no second switch of tasks. */
#define LWIP_TCPIP_CORE_LOCKING 1
#define LWIP_TCPIP_CORE_LOCKING_INPUT 1

/* Of netconn: as many as the port has sockets; all are TCP. */
#define MEMP_NUM_NETCONN 3
#define MEMP_NUM_NETBUF 1
#define MEMP_NUM_TCPIP_MSG_API 2
#define TCPIP_MBOX_SIZE 4
#define DEFAULT_TCP_RECVMBOX_SIZE 8

/* The stack's task sees to timers alone; frames come in through the network task. */
#define TCPIP_THREAD_NAME "lwip"
#define TCPIP_THREAD_STACKSIZE 1024
#define TCPIP_THREAD_PRIO 4

#endif
