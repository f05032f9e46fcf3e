"""OpenStack Swift with its S3 interface, all of it below one folder, until its input ends.

python3 swift-server.py FOLDER PAGE PROXY ACCOUNT CONTAINER OBJECT MEMCACHED, the latter ports: PAGE names in a listing at most.
"""
import os
import pwd
import signal
import subprocess
import sys

from swift.common.ring import RingBuilder
from swift.common.wsgi import run_wsgi

folder = sys.argv[1]
page, proxy, account, container, object_, memcached = (int(number) for number in sys.argv[2:])
user = pwd.getpwuid(os.geteuid()).pw_name
devices = os.path.join(folder, 'srv')
os.makedirs(os.path.join(devices, 'd1'))


def write(name, text):
    path = os.path.join(folder, name)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    return path


write('swift.conf', '''[swift-hash]
swift_hash_path_prefix = test
swift_hash_path_suffix = test
[storage-policy:0]
name = one
default = yes
''')
common = f'bind_ip = 127.0.0.1\nuser = {user}\nswift_dir = {folder}\nworkers = 0\nlog_name = swift\n'
# Listings show what was just written, on a busy machine too.
patient = 'container_update_timeout = 60\nconn_timeout = 20\nnode_timeout = 60\n'
servers = []
for kind, port in (('account', account), ('container', container), ('object', object_)):
    builder = RingBuilder(4, 1, 1)
    builder.add_dev({
        'id': 0, 'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': port, 'device': 'd1', 'weight': 1, 'meta': '',
        'replication_ip': '127.0.0.1', 'replication_port': port,
    })
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, f'{kind}.ring.gz'))
    conf = write(f'{kind}.conf', f'''[DEFAULT]
bind_port = {port}
devices = {devices}
mount_check = false
fallocate_reserve = 0
{common}{patient}[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
{patient}''')
    servers.append((conf, f'{kind}-server'))
filters = ('catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth copy slo dlo versioned_writes '
           'symlink').split()
own = {
    'cache': f'use = egg:swift#memcache\nmemcache_servers = 127.0.0.1:{memcached}',
    's3api': 'use = egg:swift#s3api\nlocation = us-east-1\ns3_acl = false\ndns_compliant_bucket_names = true\n'
             f'min_segment_size = 5242880\nmax_bucket_listing = {page}',
    'tempauth': 'use = egg:swift#tempauth\nuser_test_tester = testing .admin',
}
sections = ''.join(f'[filter:{name}]\n{own.get(name, "use = egg:swift#" + name)}\n' for name in filters)
servers.append((write('proxy.conf', f'''[DEFAULT]
bind_port = {proxy}
{common}[pipeline:main]
pipeline = {' '.join(filters)} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
{patient}{sections}'''), 'proxy-server'))

memory = subprocess.Popen(['memcached', '-u', user, '-l', '127.0.0.1', '-p', str(memcached)])
children = [memory.pid]
for conf, name in servers:
    child = os.fork()
    if child == 0:
        sys.exit(run_wsgi(conf, name))
    children.append(child)

sys.stdin.read()
for child in children:
    os.kill(child, signal.SIGKILL)
