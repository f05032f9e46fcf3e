// What is to happen in the fortnights of fortnight.test.ts. After each time stands how far the clock is ahead of UTC. After a
// run come the snapshots of each row, by their days, and what a monitor was told.

// 02:30 of 25 March is not on the clock.
export const SPRING: string = `
Sun 18 Mar 12:00 +1  first run: home written 18 | usb written 18 | pings: start success
Mon 19 Mar 02:30 +1  run: home unchanged 18 | usb unchanged 18 | pings: start success
Mon 19 Mar 11:00 +1  the diary is written
Mon 19 Mar 12:00 +1  status: home ok, next due Tue 20 Mar 02:30 +1 | usb ok, next due Wed 21 Mar 02:30 +1
Tue 20 Mar 02:30 +1  run: home written 18 20 | usb written 18 20 | pings: start success
Tue 20 Mar 11:00 +1  the diary is written
Tue 20 Mar 12:00 +1  status: home ok, next due Wed 21 Mar 02:30 +1 | usb ok, next due Thu 22 Mar 02:30 +1
Tue 20 Mar 20:00 +1  the lid is closed
Fri 23 Mar 18:00 +1  the lid is opened
Fri 23 Mar 18:00 +1  status: home overdue, next due Wed 21 Mar 02:30 +1 | usb overdue, next due Thu 22 Mar 02:30 +1
Fri 23 Mar 18:00 +1  run for 3 missed: home written 18 20 23 | usb written 18 20 23 | pings: start success
Sat 24 Mar 02:30 +1  run: home unchanged 18 20 23 | usb unchanged 18 20 23 | pings: start success
Sat 24 Mar 11:00 +1  the diary is written
Sat 24 Mar 12:00 +1  status: home ok, next due Sun 25 Mar 03:30 +2 | usb ok, next due Mon 26 Mar 03:30 +2
Sun 25 Mar 03:30 +2  run: home written 18 20 23 25 | usb written 18 20 23 25 | pings: start success
Sun 25 Mar 11:00 +2  the diary is written
Sun 25 Mar 12:00 +2  status: home ok, next due Mon 26 Mar 03:30 +2 | usb ok, next due Tue 27 Mar 03:30 +2
Sun 25 Mar 13:00 +2  the disk is unplugged
Mon 26 Mar 02:30 +2  run: home written 18 20 23 25 26 | usb waiting | pings: start success
Mon 26 Mar 12:00 +2  status: home ok, next due Tue 27 Mar 02:30 +2 | usb waiting, next due Tue 27 Mar 03:30 +2
Mon 26 Mar 13:00 +2  off
Mon 26 Mar 14:00 +2  on
Tue 27 Mar 02:30 +2  run: home unchanged 18 20 23 25 26 | usb waiting | pings: start success
Tue 27 Mar 11:00 +2  the diary is written
Tue 27 Mar 12:00 +2  status: home ok, next due Wed 28 Mar 02:30 +2 | usb waiting, next due Tue 27 Mar 03:30 +2
Tue 27 Mar 13:00 +2  the disk is plugged in
Wed 28 Mar 02:30 +2  run: home written 20 23 25 26 28 | usb written 18 20 23 25 28 | pings: start success
Wed 28 Mar 11:00 +2  the diary is written
Wed 28 Mar 12:00 +2  status: home ok, next due Thu 29 Mar 02:30 +2 | usb ok, next due Fri 30 Mar 02:30 +2
Thu 29 Mar 02:30 +2  the power fails during a run | pings: start
Thu 29 Mar 02:30 +2  off
Thu 29 Mar 09:00 +2  on
Thu 29 Mar 09:00 +2  run for 1 missed: home written 23 25 26 28 29 | usb written 20 23 25 28 29 | pings: start success
Thu 29 Mar 11:00 +2  the diary is written
Thu 29 Mar 12:00 +2  status: home ok, next due Fri 30 Mar 09:00 +2 | usb ok, next due Sat 31 Mar 09:00 +2
Fri 30 Mar 02:30 +2  run: home written 25 26 28 29 30 | usb written 23 25 28 29 30 | pings: start success
Fri 30 Mar 11:00 +2  the diary is written
Fri 30 Mar 12:00 +2  status: home ok, next due Sat 31 Mar 02:30 +2 | usb ok, next due Sun 01 Apr 02:30 +2
Sat 31 Mar 02:30 +2  run: home written 26 28 29 30 31 | usb written 25 28 29 30 31 | pings: start success
Sat 31 Mar 12:00 +2  status: home ok, next due Sun 01 Apr 02:30 +2 | usb ok, next due Mon 02 Apr 02:30 +2
`.trim();

// 02:30 of 28 October is there twice.
export const AUTUMN: string = `
Sun 21 Oct 12:00 +2  first run: home written 21 | usb written 21 | pings: start success
Mon 22 Oct 02:30 +2  run: home unchanged 21 | usb unchanged 21 | pings: start success
Mon 22 Oct 11:00 +2  the diary is written
Mon 22 Oct 12:00 +2  status: home ok, next due Tue 23 Oct 02:30 +2 | usb ok, next due Wed 24 Oct 02:30 +2
Tue 23 Oct 02:30 +2  run: home written 21 23 | usb written 21 23 | pings: start success
Tue 23 Oct 11:00 +2  the diary is written
Tue 23 Oct 12:00 +2  status: home ok, next due Wed 24 Oct 02:30 +2 | usb ok, next due Thu 25 Oct 02:30 +2
Tue 23 Oct 20:00 +2  the lid is closed
Fri 26 Oct 18:00 +2  the lid is opened
Fri 26 Oct 18:00 +2  status: home overdue, next due Wed 24 Oct 02:30 +2 | usb overdue, next due Thu 25 Oct 02:30 +2
Fri 26 Oct 18:00 +2  run for 3 missed: home written 21 23 26 | usb written 21 23 26 | pings: start success
Sat 27 Oct 02:30 +2  run: home unchanged 21 23 26 | usb unchanged 21 23 26 | pings: start success
Sat 27 Oct 11:00 +2  the diary is written
Sat 27 Oct 12:00 +2  status: home ok, next due Sun 28 Oct 02:30 +2 | usb ok, next due Mon 29 Oct 01:30 +1
Sun 28 Oct 02:30 +2  run: home written 21 23 26 28 | usb written 21 23 26 28 | pings: start success
Sun 28 Oct 11:00 +1  the diary is written
Sun 28 Oct 12:00 +1  status: home ok, next due Mon 29 Oct 01:30 +1 | usb ok, next due Tue 30 Oct 01:30 +1
Sun 28 Oct 13:00 +1  the disk is unplugged
Mon 29 Oct 02:30 +1  run: home written 21 23 26 28 29 | usb waiting | pings: start success
Mon 29 Oct 12:00 +1  status: home ok, next due Tue 30 Oct 02:30 +1 | usb waiting, next due Tue 30 Oct 01:30 +1
Mon 29 Oct 13:00 +1  off
Mon 29 Oct 14:00 +1  on
Tue 30 Oct 02:30 +1  run: home unchanged 21 23 26 28 29 | usb waiting | pings: start success
Tue 30 Oct 11:00 +1  the diary is written
Tue 30 Oct 12:00 +1  status: home ok, next due Wed 31 Oct 02:30 +1 | usb waiting, next due Tue 30 Oct 01:30 +1
Tue 30 Oct 13:00 +1  the disk is plugged in
Wed 31 Oct 02:30 +1  run: home written 23 26 28 29 31 | usb written 21 23 26 28 31 | pings: start success
Wed 31 Oct 11:00 +1  the diary is written
Wed 31 Oct 12:00 +1  status: home ok, next due Thu 01 Nov 02:30 +1 | usb ok, next due Fri 02 Nov 02:30 +1
Thu 01 Nov 02:30 +1  the power fails during a run | pings: start
Thu 01 Nov 02:30 +1  off
Thu 01 Nov 09:00 +1  on
Thu 01 Nov 09:00 +1  run for 1 missed: home written 26 28 29 31 01 | usb written 23 26 28 31 01 | pings: start success
Thu 01 Nov 11:00 +1  the diary is written
Thu 01 Nov 12:00 +1  status: home ok, next due Fri 02 Nov 09:00 +1 | usb ok, next due Sat 03 Nov 09:00 +1
Fri 02 Nov 02:30 +1  run: home written 28 29 31 01 02 | usb written 26 28 31 01 02 | pings: start success
Fri 02 Nov 11:00 +1  the diary is written
Fri 02 Nov 12:00 +1  status: home ok, next due Sat 03 Nov 02:30 +1 | usb ok, next due Sun 04 Nov 02:30 +1
Sat 03 Nov 02:30 +1  run: home written 29 31 01 02 03 | usb written 28 31 01 02 03 | pings: start success
Sat 03 Nov 12:00 +1  status: home ok, next due Sun 04 Nov 02:30 +1 | usb ok, next due Mon 05 Nov 02:30 +1
`.trim();
